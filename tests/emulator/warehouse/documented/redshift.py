"""What Redshift's documentation says: expressions and their results, by page."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.emulator.warehouse.documented import Rule
from tests.emulator.warehouse.documented.times import NOW, local

__all__ = ["EXAMPLES", "NOW", "QUERIES", "SITE", "compared"]

SITE = "https://docs.aws.amazon.com/redshift/latest/dg/"
_ARCHIVE = (
    "https://github.com/awsdocs/amazon-redshift-developer-guide/blob/"
    "7fb360453b8cb6536a84b7d69cb2451577087165/doc_source/"
)


def compared(path: str) -> str:
    """Return the address of a page in the archive of the documentation."""
    return _ARCHIVE + path.replace(".html", ".md")


EXAMPLES = {
    "r_OPERATOR_SYMBOLS.html": {
        "28.05 + 2.00": Decimal("30.05"),
        "187.00 * .20": Decimal("37.400"),
        "7 / 2": Rule(3),
        "-7 / 2": Rule(-3),
        "7 / 2::float": Rule(3.5),
        "2 + 3 * 4 - 1": Rule(13),
        "'2023-03-01'::date - '2023-02-01'::date": Rule(28),
    },
    "r_MOD.html": {
        "MOD(10, 4)": 2,
        "MOD(10.5, 4)": Decimal("2.5"),
        "MOD(5, 2) = 0": False,
        "11 % 4": 3,
        "MOD(CAST(16.4 AS integer), 5)": "unsupported",
    },
    "r_CAST_function.html": {
        "CAST(162.00 AS integer)": 162,
        "CAST('2008-02-18 02:36:48' AS date)": date(2008, 2, 18),
        "CAST(109.652 AS decimal(4, 1))": "unsupported",
        "CAST('5' AS INT)": Rule(5),
        "12.8::int": "unsupported",
        "1.50::varchar": Rule("1.50"),
        "5::varchar(10)": Rule("5"),
        "'1.5'::decimal(4, 1)": Rule(Decimal("1.5")),
        "'1.55'::decimal(4, 1)": "unsupported",
        "'2.5'::float": Rule(2.5),
        "'t'::boolean": Rule(result=True),
        "'2008-02-18 02:36:48'::timestamp": Rule(local(2008, 2, 18, 2, 36, 48)),
        "'2008-02-18 02:36:48'::timestamp::varchar": Rule("2008-02-18 02:36:48"),
        "'2008-02-18 02:36:48'::timestamptz": Rule(datetime(2008, 2, 18, 2, 36, 48, tzinfo=UTC)),
    },
    "r_STRTOL.html": {
        "STRTOL('0xf', 16)": 15,
        "STRTOL('abcd1234', 16)": 2882343476,
        "STRTOL('1234567', 10)": 1234567,
        "STRTOL('1234567', 8)": "unsupported",
        "STRTOL('110101', 2)": 53,
    },
    "r_DATEADD_function.html": {
        "DATEADD(day, 30, '2008-11-01'::date)": local(2008, 12, 1),
        "DATEADD(month, 18, '2008-02-28')": local(2009, 8, 28),
        "DATEADD(m, 30, '2008-02-28')": "unsupported",
        "DATEADD(month, 12, '2016-02-29')": local(2017, 2, 28),
        "DATEADD(year, 1, '2016-02-29')": local(2017, 3, 1),
        "DATEADD(year, 4, '2016-02-29')": Rule(local(2020, 2, 29)),
    },
    "r_DATEDIFF_function.html": {
        "DATEDIFF(hour, '2023-01-01', '2023-01-03 05:04:03')": 53,
        "DATEDIFF(day, '2009-01-01'::date, '2009-03-23'::date)": 81,
        "DATEDIFF(day, '2023-01-04'::date, '2024-05-04'::date)": 486,
        "DATEDIFF(qtr, '1998-07-01'::date, '2003-07-01'::date)": Rule(20),
        "DATEDIFF(week, '2009-01-01', '2009-12-31')": "unsupported",
    },
    "r_DATE_TRUNC.html": {
        "DATE_TRUNC('second', TIMESTAMP '20200430 04:05:06.789')": local(2020, 4, 30, 4, 5, 6),
        "DATE_TRUNC('minute', TIMESTAMP '20200430 04:05:06.789')": local(2020, 4, 30, 4, 5),
        "DATE_TRUNC('hour', TIMESTAMP '20200430 04:05:06.789')": local(2020, 4, 30, 4),
        "DATE_TRUNC('day', TIMESTAMP '20200430 04:05:06.789')": local(2020, 4, 30),
        "DATE_TRUNC('month', TIMESTAMP '20200430 04:05:06.789')": local(2020, 4, 1),
        "DATE_TRUNC('quarter', TIMESTAMP '20200430 04:05:06.789')": local(2020, 4, 1),
        "DATE_TRUNC('year', TIMESTAMP '20200430 04:05:06.789')": local(2020, 1, 1),
        "DATE_TRUNC('millennium', TIMESTAMP '20200430 04:05:06.789')": "unsupported",
        "DATE_TRUNC('week', TIMESTAMP '20220430 04:05:06.789')": local(2022, 4, 25),
    },
    "r_TRUNC_date.html": {"TRUNC('2011-07-21 10:32:38.248109'::timestamp)": date(2011, 7, 21)},
    "r_DATE_PART_function.html": {
        "DATE_PART(minute, TIMESTAMP '20230104 04:05:06.789')": 5,
        "DATE_PART(week, TIMESTAMP '20220502 04:05:06.789')": 18,
        "DATE_PART(day, TIMESTAMP '20220502 04:05:06.789')": 2,
        "DATE_PART(dayofweek, TIMESTAMP '20220502 04:05:06.789')": 1,
        "DATE_PART(month, DATE '20220502')": 5,
        "DATE_PART(century, TIMESTAMP '20220502 04:05:06.789')": "unsupported",
        "DATE_PART(w, '2008-06-17 09:44:54'::timestamp)": 25,
        "DATE_PART(dow, '2008-01-05 14:00:00'::timestamp)": 6,
        "DATE_PART(dow, '2023-02-05'::date)": Rule(0),
        "DATE_PART(epoch, '1970-01-02'::date)": Rule(86400),
    },
    "r_EXTRACT_function.html": {
        "EXTRACT(minute FROM TIMESTAMP '2009-09-09 12:08:43')": 8,
        "EXTRACT(ms FROM TIMESTAMP '2009-09-09 12:08:43.101')": "unsupported",
    },
    "r_TO_CHAR.html": {
        "TO_CHAR(TIMESTAMP '2009-12-31 23:15:59', 'HH24:MI:SS')": "23:15:59",
        "TO_CHAR(TIMESTAMP '2009-12-31 23:15:59', 'DDD')": "365",
        "TO_CHAR('2008-01-25 14:30:00'::timestamp, 'HH12:MI:SS')": "02:30:00",
        "TO_CHAR('2009-12-31 23:15:59'::timestamptz, 'HH12:MI PM')": Rule("11:15 PM"),
        "TO_CHAR('2009-12-31'::date, 'DD Mon YYYY')": Rule("31 Dec 2009"),
        "TO_CHAR(DATE '2009-12-31', 'MONTH')": "unsupported",
        "TO_CHAR(-125.8, '999D99S')": "unsupported",
    },
    "r_TO_DATE_function.html": {"TO_DATE('02 Oct 2001', 'DD Mon YYYY')": date(2001, 10, 2)},
    "r_TO_TIMESTAMP.html": {
        "TO_TIMESTAMP('2017', 'YYYY')": datetime(2017, 1, 1, tzinfo=UTC),
        "TO_TIMESTAMP('2017-05-05 10:20:30', 'YYYY-MM-DD HH24:MI:SS')": Rule(
            datetime(2017, 5, 5, 10, 20, 30, tzinfo=UTC)
        ),
    },
    "r_LAST_DAY.html": {"LAST_DAY('2008-02-01'::date)": Rule(date(2008, 2, 29))},
    "r_GETDATE.html": {"GETDATE()": Rule(NOW.replace(tzinfo=None))},
    "r_SYSDATE.html": {"SYSDATE": Rule(NOW.replace(tzinfo=None))},
    "r_CURRENT_DATE_function.html": {"CURRENT_DATE": Rule(NOW.date())},
    "r_interval_literals.html": {
        "'2008-12-31'::date + INTERVAL '1 second'": local(2008, 12, 31, 0, 0, 1),
        "'2008-12-31'::date + INTERVAL '1 minute'": local(2008, 12, 31, 0, 1),
        "'2008-12-31'::date + INTERVAL '52 weeks'": local(2009, 12, 30),
        "'2008-12-31'::date + INTERVAL '3 hours, 35 minutes'": "unsupported",
        "DATE '2023-02-15' - INTERVAL '4 months'": local(2022, 10, 15),
        "DATE '2023-03-31' - INTERVAL '4 months'": local(2022, 11, 30),
    },
    "r_NVL_function.html": {
        "COALESCE(NULL, 12, NULL)": 12,
        "COALESCE(NULL, 'Amazon Redshift', NULL)": "Amazon Redshift",
        "NVL(NULL, '2008-12-31'::date)": date(2008, 12, 31),
    },
    "r_NVL2.html": {"NVL2(NULL, '2345', '1234')": Rule("1234")},
    "r_NULLIF_function.html": {"NULLIF(4, 2)": 4, "NULLIF(1, 1)": None, "NULLIF('', '')": None},
    "r_DECODE_expression.html": {
        "DECODE('MLB', 'NHL', 'National Hockey League', 'MLB', 'Major League Baseball', 'Unknown')": "Major League Baseball",
        "DECODE('Plays', 'NHL', 'National Hockey League', 'MLB', 'Major League Baseball', 'Unknown')": "Unknown",
        "DECODE(NULL, NULL, 0, 1)": 0,
    },
    "r_CASE_function.html": {
        "CASE 'New York City' WHEN 'New York City' THEN 'Big Apple' ELSE 'other' END": "Big Apple",
        "CASE WHEN 9996.00 < 10000 THEN 'group 1' WHEN 9996.00 > 10000 THEN 'group 2' ELSE 'group 3' END": "group 1",
    },
    "r_GREATEST_LEAST.html": {
        "GREATEST('Lars', 'Ratliff')": "Ratliff",
        "GREATEST('Reagan', 'Hodge')": "Reagan",
        "GREATEST(1, NULL, 3)": Rule(3),
        "LEAST(1, NULL, 3)": Rule(1),
    },
    "r_CONCAT.html": {
        "CONCAT('December 25, ', '2008')": "December 25, 2008",
        "'December 25, ' || '2008'": "December 25, 2008",
        "CONCAT('Thursday, ', CONCAT('December 25, ', '2008'))": "Thursday, December 25, 2008",
        "CONCAT('Ballys Hotel', CONCAT(' seats ', NVL(NULL, 0)))": "Ballys Hotel seats 0",
        "CONCAT('a', NULL)": Rule(None),
    },
    "r_LOWER.html": {"LOWER('MLB')": "mlb"},
    "r_UPPER.html": {"UPPER('Classical')": "CLASSICAL"},
    "r_TRIM.html": {"TRIM('    dog    ')": Rule("dog")},
    "r_BTRIM.html": {
        "BTRIM('     abc    ')": "abc",
        "BTRIM('xyzaxyzbxyzcxyz', 'xyz')": "axyzbxyzc",
    },
    "r_LTRIM.html": {
        "LTRIM('2008-01-24 06:43:29', '2008-')": "1-24 06:43:29",
        "LTRIM('2008-08-15 02:08:13', '2008-')": "15 02:08:13",
        "LTRIM('  a')": Rule("a"),
    },
    "r_RTRIM.html": {
        "RTRIM('CommunityAmerica Ballpark', 'Park')": "CommunityAmerica Ballp",
        "RTRIM('The Home Depot Center', 'Park')": "The Home Depot Cente",
        "RTRIM('a  ')": Rule("a"),
    },
    "r_LEN.html": {"LEN('français')": 8, "LEN('cat')": 3, "LEN('cat   ')": 6, "LENGTH('cat')": Rule(3)},
    "r_SUBSTRING.html": {
        "SUBSTRING('caterpillar', 6, 4)": "pill",
        "SUBSTRING('caterpillar', 6, 8)": "pillar",
        "SUBSTRING('caterpillar', -2, 6)": "cat",
        "SUBSTRING('caterpillar', -5, 4)": "",
        "SUBSTRING('2008-01-24 06:43:29', 6, 2)": "01",
        "SUBSTRING('caterpillar', 0, 4)": Rule("cat"),
        "SUBSTRING('caterpillar', NULL, 4)": Rule(None),
        "SUBSTR('caterpillar', 6, 4)": Rule("pill"),
    },
    "r_LEFT.html": {
        "LEFT('Chicago', 5)": "Chica",
        "LEFT('The King and I', 5)": "The K",
        "RIGHT('Chicago', 5)": "icago",
        "RIGHT('The King and I', 5)": "and I",
    },
    "SPLIT_PART.html": {
        "SPLIT_PART('2008-03-05 12:25:29', '-', 1)": "2008",
        "SPLIT_PART(SPLIT_PART('2008-03-05 12:25:29', '-', 3), ' ', 1)": "05",
        "SPLIT_PART('abc$def$ghi', '$', 2)": Rule("def"),
        "SPLIT_PART('abc$def$ghi', '$', 4)": Rule(""),
    },
    "r_REPLACE.html": {"REPLACE('Shows', 'Shows', 'Theatre')": "Theatre"},
    "r_CHARINDEX.html": {"CHARINDEX('dog', 'fish')": 0, "CHARINDEX('fish', 'dogfish')": 4},
    "r_STRPOS.html": {"STRPOS('dogfish', 'fist')": 0, "STRPOS('dogfish', 'fish')": 4},
    "r_LPAD.html": {
        "LPAD('abc', 5, '*')": Rule("**abc"),
        "RPAD('Salome', 20, '0123456789')": "Salome01234567890123",
        "RPAD('Boris Godunov', 20, '0123456789')": "Boris Godunov0123456",
    },
    "r_REVERSE.html": {"REVERSE('Aberdeen')": "needrebA"},
    "r_REPEAT.html": {"REPEAT('10', 3)": "101010"},
    "r_MD5.html": {"MD5('Amazon Redshift')": "f7415e33f972c03abd4f3fed36748f7a"},
    "SHA2.html": {
        "SHA2('abc', 256)": Rule("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    },
    "r_patternmatching_condition_like.html": {
        "'redshift' LIKE 'red%'": Rule(result=True),
        "'RED' ILIKE 'r_d'": Rule(result=True),
    },
    "r_ABS.html": {"ABS(-38)": 38, "ABS(14-76)": 62},
    "r_SIGN.html": {"SIGN(28.05)": 1},
    "r_SQRT.html": {"SQRT(16)": 4.0},
    "r_POWER.html": {"POWER(9, 3)": Rule(729.0)},
    "r_CEILING_FLOOR.html": {
        "CEILING(28.05)": 29,
        "CEIL(28.05)": Rule(29),
        "FLOOR(28.05)": Rule(28),
    },
    "r_ROUND.html": {
        "ROUND(28.05)": 28,
        "ROUND(28.05, 1)": Decimal("28.1"),
        "ROUND(28.05, -1)": 30,
    },
    "JSON_EXTRACT_PATH_TEXT.html": {
        """JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6')""": "star",
        """JSON_EXTRACT_PATH_TEXT('{"farm": {"barn": {"color": "red", "feed stocked": true}}}', 'farm', 'barn', 'color')""": "red",
        """JSON_EXTRACT_PATH_TEXT('{"farm": {"barn": {}}}', 'farm', 'barn', 'color')""": None,
        """JSON_EXTRACT_PATH_TEXT('{"a":"x"}', 'a')""": Rule("x"),
    },
    "JSON_ARRAY_LENGTH.html": {
        """JSON_ARRAY_LENGTH('[11,12,13,{"f1":21,"f2":[25,26]},14]')""": 5,
    },
    "JSON_EXTRACT_ARRAY_ELEMENT_TEXT.html": {"JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[111,112,113]', 2)": "113"},
}
QUERIES = {
    "r_AVG.html": ("SELECT AVG(x) FROM (SELECT 1 AS x UNION ALL SELECT 2)", Rule([1])),
    "r_SUM.html": (
        "SELECT SUM(x) + MIN(x) + MAX(x) + COUNT(DISTINCT x) + ANY_VALUE(9) FROM (SELECT 1 AS x UNION ALL SELECT 2)",
        Rule([17]),
    ),
    "r_LISTAGG.html": (
        "SELECT LISTAGG(salesid, ',') WITHIN GROUP (ORDER BY salesid) FROM (SELECT 40001 AS salesid UNION ALL SELECT 10005 UNION ALL SELECT 40005)",
        ["10005,40001,40005"],
    ),
    "r_LISTAGG.html#distinct": (
        "SELECT LISTAGG(DISTINCT x, ', ') WITHIN GROUP (ORDER BY x) FROM (SELECT 'b' AS x UNION ALL SELECT 'a' UNION ALL SELECT 'b')",
        Rule(["a, b"]),
    ),
    "r_WF_ROW_NUMBER.html": (
        "SELECT ROW_NUMBER() OVER (PARTITION BY sellerid ORDER BY qty ASC) FROM (SELECT 4 AS sellerid, 40 AS qty UNION ALL SELECT 4, 10) ORDER BY 1",
        [1, 2],
    ),
    "r_ORDER_BY_clause.html": (
        "SELECT x FROM (SELECT 1 AS x UNION ALL SELECT NULL) ORDER BY x",
        Rule([1, None]),
    ),
    "r_SELECT_list.html": ("SELECT TOP 1 x FROM (SELECT 1 AS x UNION ALL SELECT 2) ORDER BY x", Rule([1])),
}
