"""What Databricks' documentation says: expressions and their results, by page."""

from datetime import date
from decimal import Decimal

from tests.emulator.warehouse.documented.times import NOW, local

SITE = "https://docs.databricks.com/en/sql/language-manual/"
EXAMPLES = {
    "functions/slashsign.html": {"3 / 2": 1.5, "2L / 2L": 1.0},
    "functions/minussign.html": {"2 - 1": 1, "date '2021-03-31' - date '2021-03-30'": "unsupported"},
    "functions/percentsign.html": {"3 % 2": 1, "MOD(2, 1.8)": Decimal("0.2")},
    "functions/try_divide.html": {"try_divide(3, 2)": 1.5, "try_divide(1, 0)": None},
    "functions/cast.html": {
        "cast('10' AS int)": 10,
        "cast(2.9 AS int)": 2,
        "cast(-2.9 AS int)": -2,
        "cast('2.5' AS double)": 2.5,
        "cast('true' AS boolean)": True,
        "cast('5.6' AS decimal(3, 1))": Decimal("5.6"),
        "cast('2020-01-01' AS date)": date(2020, 1, 1),
        "cast('2020-01-01 10:00:00' AS timestamp)": local(2020, 1, 1, 10),
        "cast(5.0D AS string)": "5.0",
        "cast(TRUE AS string)": "true",
        "cast(timestamp '2020-01-01 10:00:00' AS string)": "2020-01-01 10:00:00",
    },
    "functions/try_cast.html": {
        "try_cast('10' AS INT)": 10,
        "try_cast('a' AS INT)": None,
        "try_cast('1.5' AS DOUBLE)": 1.5,
        "try_cast('a' AS DATE)": None,
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
        "exists(array(1, NULL, 3), x -> x % 2 == 0)": None,
        "exists(array(0, NULL, 2, 3, NULL), x -> x IS NULL)": True,
        "exists(array(1, 2, 3), x -> x IS NULL)": False,
    },
    "functions/filter.html": {
        "filter(array(1, 2, 3), x -> x % 2 == 1)": [1, 3],
        "filter(array(0, null, 2, 3, null), x -> x IS NOT NULL)": [0, 2, 3],
        "filter(array(0, 2, 3), (x, i) -> x > i)": "unsupported",
    },
    "functions/transform.html": {"transform(array(1, 2, 3), x -> x + 1)": [2, 3, 4]},
    "functions/forall.html": {
        "forall(array(1, 2, 3), x -> x % 2 == 0)": False,
        "forall(array(2, 4, 8), x -> x % 2 == 0)": True,
        "forall(array(2, NULL, 8), x -> x % 2 == 0)": None,
    },
    "functions/array_contains.html": {
        "array_contains(array(1, 2, 3), 2)": True,
        "array_contains(array(1, NULL, 3), 2)": None,
    },
    "functions/size.html": {"size(array(1, 2))": 2, "array_size(array(1, NULL, 3))": 3},
    "functions/bracketsign.html": {"array(1, 2, 3)[0]": 1},
    "functions/element_at.html": {"element_at(array(1, 2, 3), 2)": 2, "element_at(array(1, 2, 3), -1)": 3},
    "functions/colonsign.html": {
        """'{"owner": "amy", "store": {"price": 19.95}}':owner""": "amy",
        """'{"owner": "amy", "store": {"price": 19.95}}':OWNER""": "amy",
        """'{"owner": "amy", "store": {"price": 19.95}}':store.price::double""": 19.95,
        """'{"fruit": ["apple", "pear"]}':fruit[1]""": "pear",
    },
    "functions/doublecolonsign.html": {
        """'{"owner": "amy"}':owner::string""": "amy",
        """upper('{"owner": "amy"}':owner)""": "AMY",
    },
    "functions/get_json_object.html": {"""get_json_object('{"a":"b"}', '$.a')""": "b"},
    "functions/date_add.html": {
        "date_add('2016-07-30', 1)": date(2016, 7, 31),
        "date_sub('2016-07-30', 1)": date(2016, 7, 29),
    },
    "functions/dateadd.html": {
        "dateadd(MINUTE, 10, timestamp '2022-02-28 00:00:00')": local(2022, 2, 28, 0, 10),
        "dateadd(MONTH, 1, timestamp '2022-03-31 00:00:00')": local(2022, 4, 30),
        "timestampadd(DAY, 1, timestamp '2022-02-28 00:00:00')": local(2022, 3, 1),
    },
    "functions/add_months.html": {"add_months('2016-08-31', 1)": date(2016, 9, 30)},
    "functions/datediff.html": {
        "datediff('2009-07-31', '2009-07-30')": 1,
        "datediff('2009-07-30', '2009-07-31')": -1,
    },
    "functions/datediff3.html": {
        "datediff(HOUR, timestamp '2022-02-28 23:59:59', timestamp '2022-03-01 00:00:00')": 0,
        "timestampdiff(MONTH, timestamp '2021-02-28 12:00:00', timestamp '2021-03-28 12:00:00')": 1,
        "timestampdiff(MONTH, timestamp '2021-02-28 12:00:00', timestamp '2021-03-28 11:59:59')": 0,
    },
    "functions/date_trunc.html": {
        "date_trunc('YEAR', '2015-03-05T09:32:05.359')": local(2015, 1, 1),
        "date_trunc('DD', '2015-03-05T09:32:05.359')": local(2015, 3, 5),
    },
    "functions/trunc.html": {
        "trunc('2019-08-04', 'week')": date(2019, 7, 29),
        "trunc('2009-02-12', 'MM')": date(2009, 2, 1),
    },
    "functions/extract.html": {
        "extract(YEAR FROM timestamp '2019-08-12 01:00:00')": 2019,
        "extract(WEEK FROM timestamp '2019-08-12 01:00:00')": 33,
        "extract(DAYOFWEEK FROM date '2009-07-30')": 5,
        "extract(SECOND FROM timestamp '2019-08-12 01:00:00')": "unsupported",
        "date_part('DAY', date '2019-08-12')": 12,
    },
    "functions/year.html": {
        "year('2016-07-30')": 2016,
        "quarter('2016-08-31')": 3,
        "month('2016-07-30')": 7,
        "day('2009-07-30')": 30,
        "dayofmonth('2009-07-30')": 30,
        "dayofweek('2009-07-30')": 5,
        "weekday('2009-07-30')": 3,
        "dayofyear('2016-04-09')": 100,
        "weekofyear('2008-02-20')": 8,
        "hour('2009-07-30 12:58:59')": 12,
        "minute('2009-07-30 12:58:59')": 58,
        "second('2009-07-30 12:58:59')": 59,
    },
    "functions/last_day.html": {"last_day('2009-01-12')": date(2009, 1, 31)},
    "functions/to_date.html": {
        "to_date('2009-07-30 04:17:52')": date(2009, 7, 30),
        "to_date('2016-12-31', 'yyyy-MM-dd')": date(2016, 12, 31),
        "date('2021-03-21')": date(2021, 3, 21),
    },
    "functions/to_timestamp.html": {
        "to_timestamp('2016-12-31 00:12:00')": local(2016, 12, 31, 0, 12),
        "to_timestamp('2016-12-31', 'yyyy-MM-dd')": local(2016, 12, 31),
    },
    "functions/date_format.html": {
        "date_format('2016-04-08', 'y')": "2016",
        "date_format('2016-04-08 13:05:00', 'yyyy/MM/dd hh:mm a')": "2016/04/08 01:05 PM",
        "date_format('2016-04-08', 'D')": "unsupported",
    },
    "functions/unix_timestamp.html": {
        "unix_timestamp('1970-01-02 00:00:00')": 86400,
        "from_unixtime(86400)": "1970-01-02 00:00:00",
    },
    "functions/current_timestamp.html": {
        "current_date": NOW.date(),
        "current_timestamp()": NOW,
        "now()": NOW,
    },
    "data-types/interval-type.html": {
        "date '2020-01-31' + INTERVAL 1 MONTH": date(2020, 2, 29),
        "timestamp '2020-01-01 10:00:00' - INTERVAL '2' HOUR": local(2020, 1, 1, 8),
    },
    "functions/coalesce.html": {
        "coalesce(NULL, 1, NULL)": 1,
        "nvl(NULL, 2)": 2,
        "ifnull(NULL, 3)": 3,
        "nvl2(NULL, 2, 1)": 1,
    },
    "functions/nullif.html": {"nullif(2, 2)": None, "isnull(1)": False, "isnotnull(1)": True},
    "functions/if.html": {"if(1 < 2, 'a', 'b')": "a", "iff(1 > 2, 'a', 'b')": "b"},
    "functions/greatest.html": {"greatest(10, 9, NULL, 2)": 10, "least(10, 9, NULL, 2)": 2},
    "functions/lteqgtsign.html": {"NULL <=> NULL": True, "1 <=> NULL": False},
    "functions/concat.html": {
        "concat('Spark', 'SQL')": "SparkSQL",
        "concat('a', NULL)": None,
        "'a' || 1": "a1",
    },
    "functions/lower.html": {"lower('SparkSql')": "sparksql", "upper('SparkSql')": "SPARKSQL"},
    "functions/trim.html": {
        "trim('    SparkSQL   ')": "SparkSQL",
        "ltrim('  a ')": "a ",
        "rtrim(' a  ')": " a",
    },
    "functions/len.html": {"len('Spark SQL ')": 10, "length('abc')": 3, "char_length('abc')": 3},
    "functions/substring.html": {
        "substring('Spark SQL', 5)": "k SQL",
        "substring('Spark SQL', -3)": "SQL",
        "substring('Spark SQL', 5, 1)": "k",
        "substr('Spark SQL', 5)": "k SQL",
        "substr('Spark SQL', 5, 1)": "k",
        "left('Spark SQL', 3)": "Spa",
        "right('Spark SQL', 3)": "SQL",
    },
    "functions/split_part.html": {
        "split_part('Hello,world,!', ',', 1)": "Hello",
        "split_part('Hello,World,!', ',', -3)": "Hello",
    },
    "functions/replace.html": {"replace('ABCabc', 'abc', 'DEF')": "ABCDEF"},
    "functions/contains.html": {
        "contains('SparkSQL', 'Spark')": True,
        "startswith('SparkSQL', 'Spark')": True,
        "endswith('SparkSQL', 'SQL')": True,
    },
    "functions/instr.html": {"instr('SparkSQL', 'SQL')": 6},
    "functions/lpad.html": {"lpad('hi', 5, 'ab')": "abahi", "rpad('hi', 5, 'ab')": "hiaba"},
    "functions/reverse.html": {"reverse('Spark SQL')": "LQS krapS", "repeat('123', 2)": "123123"},
    "functions/md5.html": {"md5('Spark')": "8cde774d6f7333752ed72cacddb05126"},
    "functions/sha2.html": {
        "sha2('Spark', 256)": "529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b"
    },
    "functions/like.html": {"'Spark' LIKE 'Sp%'": True, "'Spark' ILIKE 'sp%'": True},
    "functions/abs.html": {"abs(-1)": 1, "sign(-40)": -1, "sqrt(4)": 2.0, "power(2, 3)": 8.0},
    "functions/ceil.html": {"ceil(5.4)": 6, "floor(-0.1)": -1},
    "functions/round.html": {"round(2.5)": 3, "round(2.5, 0)": 3},
}
QUERIES = {
    "sql-ref-syntax-qry-select-lateral-view.html": (
        "SELECT e FROM (SELECT array('a', 'b') AS a) t LATERAL VIEW explode(t.a) x AS e ORDER BY e",
        ["a", "b"],
    ),
    "functions/posexplode.html": (
        "SELECT e || p FROM (SELECT array('a', 'b') AS a) t LATERAL VIEW posexplode(t.a) x AS p, e ORDER BY e",
        ["a0", "b1"],
    ),
    "functions/range.html": ("SELECT id FROM range(2) ORDER BY id", [0, 1]),
    "functions/avg.html": ("SELECT avg(x) FROM (VALUES (1), (2), (3)) AS t (x)", [2.0]),
    "functions/count.html": (
        "SELECT count(*) + count(DISTINCT x) + count_if(x > 1) + sum(x) + min(x) + max(x) + any_value(7) FROM (VALUES (1), (2), (2)) AS t (x)",
        [22],
    ),
    "functions/max_by.html": (
        "SELECT max_by(x, y) || min_by(x, y) FROM (VALUES ('a', 10), ('b', 50)) AS t (x, y)",
        ["ba"],
    ),
    "functions/row_number.html": (
        "SELECT row_number() OVER (ORDER BY x DESC) FROM (VALUES (1), (2)) AS t (x) ORDER BY 1",
        [1, 2],
    ),
    "sql-ref-syntax-qry-select-orderby.html": (
        "SELECT x FROM (VALUES (1), (NULL)) AS t (x) ORDER BY x",
        [None, 1],
    ),
}
