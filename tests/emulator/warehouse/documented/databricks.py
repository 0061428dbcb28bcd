"""What Databricks' documentation says: expressions and their results, by page.

Its examples of functions are those of Apache Spark's reference, with which the results are compared.
"""

from datetime import date
from decimal import Decimal

from tests.emulator.warehouse.documented import Rule
from tests.emulator.warehouse.documented.times import NOW, local

__all__ = ["EXAMPLES", "NOW", "QUERIES", "SITE", "compared"]

SITE = "https://docs.databricks.com/en/sql/language-manual/"


def compared(path: str) -> str:
    """Return the address of a function in Apache Spark's reference."""
    return "https://spark.apache.org/docs/latest/api/sql/#" + path.rpartition("/")[2].removesuffix(".html")


EXAMPLES = {
    "functions/plussign.html": {"1 + 2": 3},
    "functions/minussign.html": {"2 - 1": 1, "date '2021-03-31' - date '2021-03-30'": "unsupported"},
    "functions/asterisksign.html": {"2 * 3": 6},
    "functions/slashsign.html": {"3 / 2": 1.5, "2L / 2L": 1.0},
    "functions/percentsign.html": {"2 % 1.8": Decimal("0.2"), "3 % 2": Rule(1)},
    "functions/mod.html": {"MOD(2, 1.8)": Decimal("0.2")},
    "functions/try_divide.html": {
        "try_divide(3, 2)": 1.5,
        "try_divide(2L, 2L)": 1.0,
        "try_divide(1, 0)": None,
    },
    "functions/ltsign.html": {
        "1 < 2": True,
        "1.1 < '1'": False,
        "1 < NULL": None,
        "to_date('2009-07-30 04:17:52') < to_date('2009-08-01 04:17:52')": True,
    },
    "functions/gteqsign.html": {"2 >= 1": True, "2.0 >= '2.1'": False},
    "functions/eqeqsign.html": {"2 == 2": True, "1 == '1'": True, "true == NULL": None},
    "functions/lteqgtsign.html": {
        "2 <=> 2": True,
        "1 <=> '1'": True,
        "true <=> NULL": False,
        "NULL <=> NULL": True,
    },
    "functions/and.html": {"true and NULL": None, "false and NULL": False},
    "functions/or.html": {"true or NULL": True, "false or NULL": None},
    "functions/not.html": {"not true": False, "not NULL": None},
    "functions/between.html": {"0.5 between 0.1 AND 1.0": True},
    "functions/in.html": {"1 in(1, 2, 3)": True, "1 in(2, 3, 4)": False},
    "functions/case.html": {
        "CASE WHEN 1 > 0 THEN 1 WHEN 2 > 0 THEN 2.0 ELSE 1.2 END": Decimal("1.0"),
        "CASE WHEN 1 < 0 THEN 1 WHEN 2 > 0 THEN 2.0 ELSE 1.2 END": Decimal("2.0"),
        "CASE WHEN 1 < 0 THEN 1 WHEN 2 < 0 THEN 2.0 END": None,
    },
    "functions/doublecolonsign.html": {"'10' :: int": 10},
    "functions/cast.html": {
        "cast('10' as int)": 10,
        "cast(2.9 AS int)": Rule(2),
        "cast(-2.9 AS int)": Rule(-2),
        "cast('2.5' AS double)": Rule(2.5),
        "cast('true' AS boolean)": Rule(result=True),
        "cast('5.6' AS decimal(3, 1))": Rule(Decimal("5.6")),
        "cast('2020-01-01' AS date)": Rule(date(2020, 1, 1)),
        "cast('2020-01-01 10:00:00' AS timestamp)": Rule(local(2020, 1, 1, 10)),
        "cast(5.0D AS string)": Rule("5.0"),
        "cast(TRUE AS string)": Rule("true"),
        "cast(timestamp '2020-01-01 10:00:00' AS string)": Rule("2020-01-01 10:00:00"),
    },
    "functions/try_cast.html": {
        "try_cast('10' AS INT)": Rule(10),
        "try_cast('a' AS INT)": Rule(None),
        "try_cast('1.5' AS DOUBLE)": Rule(1.5),
        "try_cast('a' AS DATE)": Rule(None),
    },
    "functions/from_utc_timestamp.html": {
        "from_utc_timestamp('2016-08-31', 'Asia/Seoul')": local(2016, 8, 31, 9),
        "from_utc_timestamp('2017-07-14 02:40:00.0', 'GMT+1')": "unsupported",
    },
    "functions/to_utc_timestamp.html": {
        "to_utc_timestamp('2016-08-31', 'Asia/Seoul')": local(2016, 8, 30, 15)
    },
    "functions/exists.html": {
        "exists(array(1, 2, 3), x -> x % 2 == 0)": True,
        "exists(array(1, 2, 3), x -> x % 2 == 10)": False,
        "exists(array(1, null, 3), x -> x % 2 == 0)": None,
        "exists(array(0, null, 2, 3, null), x -> x IS NULL)": True,
        "exists(array(1, 2, 3), x -> x IS NULL)": False,
    },
    "functions/filter.html": {
        "filter(array(1, 2, 3), x -> x % 2 == 1)": [1, 3],
        "filter(array(0, null, 2, 3, null), x -> x IS NOT NULL)": [0, 2, 3],
        "filter(array(0, 2, 3), (x, i) -> x > i)": "unsupported",
    },
    "functions/transform.html": {
        "transform(array(1, 2, 3), x -> x + 1)": [2, 3, 4],
        "transform(array(1, 2, 3), (x, i) -> x + i)": "unsupported",
    },
    "functions/forall.html": {
        "forall(array(1, 2, 3), x -> x % 2 == 0)": False,
        "forall(array(2, 4, 8), x -> x % 2 == 0)": True,
        "forall(array(1, null, 3), x -> x % 2 == 0)": False,
        "forall(array(2, null, 8), x -> x % 2 == 0)": None,
    },
    "functions/array.html": {"array(1, 2, 3)": [1, 2, 3]},
    "functions/array_contains.html": {
        "array_contains(array(1, 2, 3), 2)": True,
        "array_contains(array(1, NULL, 3), 2)": Rule(None),
    },
    "functions/size.html": {"size(array('b', 'd', 'c', 'a'))": 4},
    "functions/array_size.html": {"array_size(array('b', 'd', 'c', 'a'))": 4},
    "functions/bracketsign.html": {"array(1, 2, 3)[0]": Rule(1)},
    "functions/element_at.html": {
        "element_at(array(1, 2, 3), 2)": 2,
        "element_at(array(1, 2, 3), -1)": Rule(3),
    },
    "functions/colonsign.html": {
        """'{"owner": "amy", "store": {"price": 19.95}}':owner""": Rule("amy"),
        """'{"owner": "amy", "store": {"price": 19.95}}':OWNER""": Rule("amy"),
        """'{"owner": "amy", "store": {"price": 19.95}}':store.price::double""": Rule(19.95),
        """'{"fruit": ["apple", "pear"]}':fruit[1]""": Rule("pear"),
    },
    "functions/get_json_object.html": {
        """get_json_object('{"a":"b"}', '$.a')""": "b",
        """get_json_object('[{"a":"b"},{"a":"c"}]', '$[0].a')""": "b",
        """get_json_object('[{"a":"b"},{"a":"c"}]', '$[*].a')""": "unsupported",
    },
    "functions/date_add.html": {"date_add('2016-07-30', 1)": date(2016, 7, 31)},
    "functions/date_sub.html": {"date_sub('2016-07-30', 1)": date(2016, 7, 29)},
    "functions/dateadd.html": {
        "dateadd(MINUTE, 10, timestamp '2022-02-28 00:00:00')": Rule(local(2022, 2, 28, 0, 10)),
        "dateadd(MONTH, 1, timestamp '2022-03-31 00:00:00')": Rule(local(2022, 4, 30)),
        "timestampadd(DAY, 1, timestamp '2022-02-28 00:00:00')": Rule(local(2022, 3, 1)),
    },
    "functions/add_months.html": {"add_months('2016-08-31', 1)": date(2016, 9, 30)},
    "functions/datediff.html": {
        "datediff('2009-07-31', '2009-07-30')": 1,
        "datediff('2009-07-30', '2009-07-31')": -1,
    },
    "functions/datediff3.html": {
        "datediff(HOUR, timestamp '2022-02-28 23:59:59', timestamp '2022-03-01 00:00:00')": Rule(0),
        "timestampdiff(MONTH, timestamp '2021-02-28 12:00:00', timestamp '2021-03-28 12:00:00')": Rule(1),
        "timestampdiff(MONTH, timestamp '2021-02-28 12:00:00', timestamp '2021-03-28 11:59:59')": Rule(0),
    },
    "functions/date_trunc.html": {
        "date_trunc('YEAR', '2015-03-05T09:32:05.359')": local(2015, 1, 1),
        "date_trunc('MM', '2015-03-05T09:32:05.359')": local(2015, 3, 1),
        "date_trunc('DD', '2015-03-05T09:32:05.359')": local(2015, 3, 5),
        "date_trunc('HOUR', '2015-03-05T09:32:05.359')": local(2015, 3, 5, 9),
    },
    "functions/trunc.html": {
        "trunc('2019-08-04', 'week')": date(2019, 7, 29),
        "trunc('2019-08-04', 'quarter')": date(2019, 7, 1),
        "trunc('2009-02-12', 'MM')": date(2009, 2, 1),
        "trunc('2015-10-27', 'YEAR')": date(2015, 1, 1),
    },
    "functions/extract.html": {
        "extract(YEAR FROM TIMESTAMP '2019-08-12 01:00:00.123456')": 2019,
        "extract(week FROM timestamp'2019-08-12 01:00:00.123456')": 33,
        "extract(doy FROM DATE'2019-08-12')": 224,
        "extract(SECONDS FROM timestamp'2019-10-01 00:00:01.000001')": "unsupported",
        "extract(DAYOFWEEK FROM date '2009-07-30')": Rule(5),
    },
    "functions/date_part.html": {
        "date_part('YEAR', TIMESTAMP '2019-08-12 01:00:00.123456')": 2019,
        "date_part('doy', DATE'2019-08-12')": 224,
    },
    "functions/year.html": {"year('2016-07-30')": 2016},
    "functions/quarter.html": {"quarter('2016-08-31')": 3},
    "functions/month.html": {"month('2016-07-30')": 7},
    "functions/day.html": {"day('2009-07-30')": 30},
    "functions/dayofmonth.html": {"dayofmonth('2009-07-30')": 30},
    "functions/dayofweek.html": {"dayofweek('2009-07-30')": 5},
    "functions/weekday.html": {"weekday('2009-07-30')": 3},
    "functions/dayofyear.html": {"dayofyear('2016-04-09')": 100},
    "functions/weekofyear.html": {"weekofyear('2008-02-20')": 8},
    "functions/hour.html": {"hour('2018-02-14 12:58:59')": 12},
    "functions/minute.html": {"minute('2009-07-30 12:58:59')": 58},
    "functions/second.html": {"second('2018-02-14 12:58:59')": 59},
    "functions/last_day.html": {"last_day('2009-01-12')": date(2009, 1, 31)},
    "functions/to_date.html": {
        "to_date('2009-07-30 04:17:52')": date(2009, 7, 30),
        "to_date('2016-12-31', 'yyyy-MM-dd')": date(2016, 12, 31),
        "date('2021-03-21')": Rule(date(2021, 3, 21)),
    },
    "functions/to_timestamp.html": {
        "to_timestamp('2016-12-31 00:12:00')": local(2016, 12, 31, 0, 12),
        "to_timestamp('2016-12-31', 'yyyy-MM-dd')": local(2016, 12, 31),
    },
    "functions/date_format.html": {
        "date_format('2016-04-08', 'y')": "2016",
        "date_format('2016-04-08 13:05:00', 'yyyy/MM/dd hh:mm a')": Rule("2016/04/08 01:05 PM"),
        "date_format('2016-04-08', 'D')": "unsupported",
    },
    "functions/unix_timestamp.html": {"unix_timestamp('1970-01-02 00:00:00')": Rule(86400)},
    "functions/from_unixtime.html": {"from_unixtime(86400)": Rule("1970-01-02 00:00:00")},
    "functions/current_timestamp.html": {
        "current_date": Rule(NOW.date()),
        "current_timestamp()": Rule(NOW),
        "now()": Rule(NOW),
        "current_time": "unsupported",
    },
    "data-types/interval-type.html": {
        "date '2020-01-31' + INTERVAL 1 MONTH": Rule(date(2020, 2, 29)),
        "timestamp '2020-01-01 10:00:00' - INTERVAL '2' HOUR": Rule(local(2020, 1, 1, 8)),
    },
    "functions/coalesce.html": {"coalesce(NULL, 1, NULL)": 1},
    "functions/nvl.html": {"nvl(NULL, 2)": Rule(2)},
    "functions/ifnull.html": {"ifnull(NULL, 3)": Rule(3)},
    "functions/nvl2.html": {"nvl2(NULL, 2, 1)": 1},
    "functions/nullif.html": {"nullif(2, 2)": None},
    "functions/isnull.html": {"isnull(1)": False},
    "functions/isnotnull.html": {"isnotnull(1)": True},
    "functions/if.html": {"if(1 < 2, 'a', 'b')": "a"},
    "functions/iff.html": {"iff(1 > 2, 'a', 'b')": Rule("b")},
    "functions/greatest.html": {"greatest(10, 9, 2, 4, 3)": 10, "greatest(10, 9, NULL, 2)": Rule(10)},
    "functions/least.html": {"least(10, 9, 2, 4, 3)": 2, "least(10, 9, NULL, 2)": Rule(2)},
    "functions/concat.html": {
        "concat('Spark', 'SQL')": "SparkSQL",
        "concat('a', NULL)": Rule(None),
        "'a' || 1": Rule("a1"),
    },
    "functions/lower.html": {"lower('SparkSql')": "sparksql"},
    "functions/upper.html": {"upper('SparkSql')": "SPARKSQL"},
    "functions/trim.html": {"trim('    SparkSQL   ')": "SparkSQL"},
    # The reference does not show the spaces at the end.
    "functions/ltrim.html": {"ltrim('    SparkSQL   ')": "SparkSQL   "},
    "functions/rtrim.html": {"rtrim('    SparkSQL   ')": "    SparkSQL"},
    "functions/len.html": {"len('Spark SQL ')": 10},
    "functions/length.html": {"length('Spark SQL ')": 10},
    "functions/char_length.html": {"char_length('Spark SQL ')": 10},
    "functions/substring.html": {
        "substring('Spark SQL', 5)": "k SQL",
        "substring('Spark SQL', -3)": "SQL",
        "substring('Spark SQL', 5, 1)": "k",
    },
    "functions/substr.html": {
        "substr('Spark SQL', 5)": "k SQL",
        "substr('Spark SQL', -3)": "SQL",
        "substr('Spark SQL', 5, 1)": "k",
    },
    "functions/left.html": {"left('Spark SQL', 3)": "Spa", "left('Spark SQL', NULL)": Rule(None)},
    "functions/right.html": {"right('Spark SQL', 3)": "SQL"},
    "functions/split_part.html": {
        "split_part('11.12.13', '.', 3)": "13",
        "split_part('Hello,World,!', ',', -3)": Rule("Hello"),
    },
    "functions/replace.html": {"replace('ABCabc', 'abc', 'DEF')": "ABCDEF"},
    "functions/contains.html": {
        "contains('Spark SQL', 'Spark')": True,
        "contains('Spark SQL', 'SPARK')": False,
        "contains('Spark SQL', null)": None,
    },
    "functions/startswith.html": {
        "startswith('Spark SQL', 'Spark')": True,
        "startswith('Spark SQL', 'SQL')": False,
        "startswith('Spark SQL', null)": None,
    },
    "functions/endswith.html": {
        "endswith('Spark SQL', 'SQL')": True,
        "endswith('Spark SQL', 'Spark')": False,
        "endswith('Spark SQL', null)": None,
    },
    "functions/instr.html": {"instr('SparkSQL', 'SQL')": 6},
    "functions/lpad.html": {"lpad('hi', 5, '??')": "???hi", "lpad('hi', 1, '??')": "h"},
    "functions/rpad.html": {"rpad('hi', 5, '??')": "hi???", "rpad('hi', 1, '??')": "h"},
    "functions/reverse.html": {"reverse('Spark SQL')": "LQS krapS"},
    "functions/repeat.html": {"repeat('123', 2)": "123123"},
    "functions/md5.html": {"md5('Spark')": "8cde774d6f7333752ed72cacddb05126"},
    "functions/sha2.html": {
        "sha2('Spark', 256)": "529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b"
    },
    "functions/like.html": {
        "'%SystemDrive%/Users/John' like '/%SystemDrive/%//Users%' ESCAPE '/'": True,
        "'Spark' LIKE 'Sp%'": Rule(result=True),
    },
    "functions/ilike.html": {
        "'%SystemDrive%/Users/John' ilike '/%SYSTEMDrive/%//Users%' ESCAPE '/'": True,
        "'Spark' ILIKE 'sp%'": Rule(result=True),
    },
    "functions/abs.html": {"abs(-1)": 1},
    "functions/sign.html": {"sign(40)": 1.0},
    "functions/sqrt.html": {"sqrt(4)": 2.0},
    "functions/power.html": {"power(2, 3)": 8.0},
    "functions/ceil.html": {"ceil(-0.1)": 0, "ceil(5)": 5},
    "functions/floor.html": {"floor(-0.1)": -1, "floor(5)": 5},
    "functions/round.html": {"round(2.5, 0)": 3, "round(2.5)": Rule(3)},
}
QUERIES = {
    "sql-ref-syntax-qry-select-lateral-view.html": (
        "SELECT e FROM (SELECT array('a', 'b') AS a) t LATERAL VIEW explode(t.a) x AS e ORDER BY e",
        Rule(["a", "b"]),
    ),
    "functions/posexplode.html": (
        "SELECT e || p FROM (SELECT array('a', 'b') AS a) t LATERAL VIEW posexplode(t.a) x AS p, e ORDER BY e",
        Rule(["a0", "b1"]),
    ),
    "functions/range.html": ("SELECT id FROM range(2) ORDER BY id", Rule([0, 1])),
    "functions/avg.html": ("SELECT avg(col) FROM VALUES (1), (2), (3) AS tab(col)", [2.0]),
    "functions/avg.html#null": ("SELECT avg(col) FROM VALUES (1), (2), (NULL) AS tab(col)", [1.5]),
    "functions/count.html": ("SELECT count(*) FROM VALUES (NULL), (5), (5), (20) AS tab(col)", [4]),
    "functions/count.html#column": ("SELECT count(col) FROM VALUES (NULL), (5), (5), (20) AS tab(col)", [3]),
    "functions/count.html#distinct": (
        "SELECT count(DISTINCT col) FROM VALUES (NULL), (5), (5), (10) AS tab(col)",
        [2],
    ),
    "functions/count_if.html": (
        "SELECT count_if(col % 2 = 0) FROM VALUES (NULL), (0), (1), (2), (3) AS tab(col)",
        [2],
    ),
    "functions/sum.html": ("SELECT sum(col) FROM VALUES (NULL), (10), (15) AS tab(col)", [25]),
    "functions/min.html": ("SELECT min(col) FROM VALUES (10), (-1), (20) AS tab(col)", [-1]),
    "functions/max.html": ("SELECT max(col) FROM VALUES (10), (50), (20) AS tab(col)", [50]),
    "functions/any_value.html": ("SELECT any_value(col) FROM VALUES (NULL), (5), (20) AS tab(col)", [None]),
    "functions/max_by.html": (
        "SELECT max_by(x, y) FROM VALUES ('a', 10), ('b', 50), ('c', 20) AS tab(x, y)",
        ["b"],
    ),
    "functions/min_by.html": (
        "SELECT min_by(x, y) FROM VALUES ('a', 10), ('b', 50), ('c', 20) AS tab(x, y)",
        ["a"],
    ),
    "functions/row_number.html": (
        "SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM VALUES ('A1', 2), ('A1', 1), ('A2', 3), ('A1', 1) tab(a, b) ORDER BY a, b",
        [1, 2, 3, 1],
    ),
    "functions/ntile.html": (
        "SELECT ntile(2) OVER (PARTITION BY a ORDER BY b) FROM VALUES ('A1', 2), ('A1', 1), ('A2', 3), ('A1', 1) tab(a, b) ORDER BY a, b",
        [1, 1, 2, 1],
    ),
    "functions/lag.html": (
        "SELECT lag(b) OVER (PARTITION BY a ORDER BY b) AS x FROM VALUES ('A1', 2), ('A1', 1), ('A2', 3), ('A1', 1) tab(a, b) ORDER BY a, b, x",
        [None, 1, 1, None],
    ),
    "functions/lead.html": (
        "SELECT lead(b) OVER (PARTITION BY a ORDER BY b) AS x FROM VALUES ('A1', 2), ('A1', 1), ('A2', 3), ('A1', 1) tab(a, b) ORDER BY a, b, x",
        [1, 2, None, None],
    ),
    "sql-ref-syntax-qry-select-orderby.html": (
        "SELECT x FROM (VALUES (1), (NULL)) AS t (x) ORDER BY x",
        Rule([None, 1]),
    ),
}
