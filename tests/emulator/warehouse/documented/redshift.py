"""What Redshift's documentation says: expressions and their results, by page."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.emulator.warehouse.documented.times import NOW, local

SITE = "https://docs.aws.amazon.com/redshift/latest/dg/"
EXAMPLES = {
    "r_OPERATOR_SYMBOLS.html": {
        "7 / 2": 3,
        "-7 / 2": -3,
        "7 / 2::float": 3.5,
        "7 % 2": 1,
        "MOD(7, 2)": 1,
        "2 + 3 * 4 - 1": 13,
        "'2023-03-01'::date - '2023-02-01'::date": 28,
    },
    "r_CAST_function.html": {
        "CAST('5' AS INT)": 5,
        "12.0::int": 12,
        "12.8::int": "unsupported",
        "1.50::varchar": "1.50",
        "5::varchar(10)": "5",
        "'1.5'::decimal(4, 1)": Decimal("1.5"),
        "'1.55'::decimal(4, 1)": "unsupported",
        "'2.5'::float": 2.5,
        "'t'::boolean": True,
        "'2008-02-18'::date": date(2008, 2, 18),
        "'2008-02-18 02:36:48'::timestamp": local(2008, 2, 18, 2, 36, 48),
        "'2008-02-18 02:36:48'::timestamp::varchar": "2008-02-18 02:36:48",
        "'2008-02-18 02:36:48'::timestamptz": datetime(2008, 2, 18, 2, 36, 48, tzinfo=UTC),
    },
    "r_STRTOL.html": {
        "STRTOL('0xf', 16)": 15,
        "STRTOL('abcd1234', 16)": 2882343476,
        "STRTOL('1234567', 10)": 1234567,
        "STRTOL('1234567', 8)": "unsupported",
        "STRTOL('110101', 2)": 53,
    },
    "r_DATEADD_function.html": {
        "DATEADD(day, 30, '2008-11-30'::date)": local(2008, 12, 30),
        "DATEADD(month, 18, '2008-02-28')": local(2009, 8, 28),
        "DATEADD(m, 18, '2008-02-28')": "unsupported",
    },
    "r_DATEDIFF_function.html": {
        "DATEDIFF(qtr, '1998-07-01'::date, '2003-07-01'::date)": 20,
        "DATEDIFF(week, '2009-01-01'::date, '2009-12-31'::date)": "unsupported",
        "DATEDIFF(hour, '2023-01-01'::date, '2023-01-03 05:04:03'::timestamp)": 53,
    },
    "r_DATE_TRUNC.html": {
        "DATE_TRUNC('minute', '2020-04-30T22:45:33'::timestamp)": local(2020, 4, 30, 22, 45),
        "DATE_TRUNC('week', '2020-04-28T22:45:33'::timestamp)": local(2020, 4, 27),
    },
    "r_TRUNC_date.html": {"TRUNC('2011-07-21 10:32:38'::timestamp)": date(2011, 7, 21)},
    "r_DATE_PART_function.html": {
        "DATE_PART(minute, '2009-01-01 02:08:01'::timestamp)": 8,
        "DATE_PART(week, '2017-05-02'::date)": 18,
        "DATE_PART(dow, '2023-02-05'::date)": 0,
        "DATE_PART(epoch, '1970-01-02'::date)": 86400,
    },
    "r_EXTRACT_function.html": {"EXTRACT(year FROM '2009-09-09'::date)": 2009},
    "r_TO_CHAR.html": {
        "TO_CHAR('2009-12-31 23:15:59'::timestamp, 'HH24:MI:SS, DD-MM-YYYY')": "23:15:59, 31-12-2009",
        "TO_CHAR('2009-12-31'::date, 'MONTH')": "unsupported",
        "TO_CHAR('2009-12-31 23:15:59'::timestamptz, 'HH12:MI PM')": "11:15 PM",
        "TO_CHAR('2009-12-31'::date, 'DD Mon YYYY')": "31 Dec 2009",
        "TO_CHAR(-125.8, '999D99S')": "unsupported",
    },
    "r_TO_DATE_function.html": {"TO_DATE('02 Oct 2001', 'DD Mon YYYY')": date(2001, 10, 2)},
    "r_TO_TIMESTAMP.html": {
        "TO_TIMESTAMP('2017-05-05 10:20:30', 'YYYY-MM-DD HH24:MI:SS')": datetime(
            2017, 5, 5, 10, 20, 30, tzinfo=UTC
        )
    },
    "r_LAST_DAY.html": {"LAST_DAY('2008-02-01'::date)": date(2008, 2, 29)},
    "r_GETDATE.html": {
        "GETDATE()": NOW.replace(tzinfo=None),
        "SYSDATE": NOW.replace(tzinfo=None),
        "CURRENT_DATE": NOW.date(),
    },
    "r_interval_data_types.html": {
        "'2008-12-31'::date + INTERVAL '1 day'": local(2009, 1, 1),
        "'2008-12-31 10:00:00'::timestamp - INTERVAL '2 hours'": local(2008, 12, 31, 8),
    },
    "r_NVL_function.html": {"NVL(NULL, 2)": 2, "COALESCE(NULL, NULL, 3)": 3},
    "r_NVL2.html": {"NVL2(NULL, 1, 2)": 2},
    "r_NULLIF_function.html": {"NULLIF('first', 'first')": None},
    "r_DECODE_expression.html": {"DECODE(1, 1, 'one', 2, 'two', 'many')": "one"},
    "r_CASE_function.html": {"CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END": "b"},
    "r_GREATEST_LEAST.html": {"GREATEST(1, NULL, 3)": 3, "LEAST(1, NULL, 3)": 1},
    "r_CONCAT.html": {
        "CONCAT('December 25, ', '2008')": "December 25, 2008",
        "CONCAT('a', NULL)": None,
        "'a' || 1": "a1",
    },
    "r_LOWER.html": {"LOWER('ABC')": "abc", "UPPER('abc')": "ABC"},
    "r_TRIM.html": {"TRIM('    dog    ')": "dog"},
    "r_BTRIM.html": {"BTRIM('     abc    ')": "abc", "BTRIM('xyzaxyzbxyzcxyz', 'xyz')": "axyzbxyzc"},
    "r_LTRIM.html": {
        "LTRIM('  a')": "a",
        "LTRIM('2008-01-01', '2008-')": "1-01",
        "RTRIM('a  ')": "a",
        "RTRIM('abxx', 'x')": "ab",
    },
    "r_LEN.html": {"LEN('cat')": 3, "LENGTH('français')": 8},
    "r_SUBSTRING.html": {
        "SUBSTRING('caterpillar', 6, 4)": "pill",
        "SUBSTRING('caterpillar', 6)": "pillar",
        "SUBSTRING('caterpillar', 0, 4)": "cat",
        "SUBSTR('caterpillar', 6, 4)": "pill",
        "SUBSTR('caterpillar', 8)": "llar",
    },
    "r_LEFT.html": {"LEFT('caterpillar', 5)": "cater", "RIGHT('caterpillar', 6)": "pillar"},
    "SPLIT_PART.html": {"SPLIT_PART('abc$def$ghi', '$', 2)": "def", "SPLIT_PART('abc$def$ghi', '$', 4)": ""},
    "r_REPLACE.html": {"REPLACE('Shows', 'Shows', 'Theatre')": "Theatre"},
    "r_CHARINDEX.html": {"CHARINDEX('fish', 'dogfish')": 4, "CHARINDEX('cat', 'dogfish')": 0},
    "r_STRPOS.html": {"STRPOS('dogfish', 'fish')": 4},
    "r_LPAD.html": {"LPAD('abc', 5, '*')": "**abc", "RPAD('abc', 5, '*')": "abc**"},
    "r_REVERSE.html": {"REVERSE('fish')": "hsif"},
    "r_REPEAT.html": {"REPEAT('ab', 3)": "ababab"},
    "r_MD5.html": {"MD5('Amazon Redshift')": "f7415e33f972c03abd4f3fed36748f7a"},
    "SHA2.html": {"SHA2('abc', 256)": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    "r_patternmatching_condition_like.html": {"'redshift' LIKE 'red%'": True, "'RED' ILIKE 'r_d'": True},
    "r_ABS.html": {"ABS(-38)": 38, "SIGN(-5)": -1, "SQRT(16)": 4.0, "POWER(9, 3)": 729.0},
    "r_CEILING_FLOOR.html": {"CEILING(28.05)": 29, "CEIL(28.05)": 29, "FLOOR(28.05)": 28},
    "r_ROUND.html": {"ROUND(28.05)": 28, "ROUND(28.05, 1)": Decimal("28.1")},
    "JSON_EXTRACT_PATH_TEXT.html": {
        """JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6')""": "star",
        """JSON_EXTRACT_PATH_TEXT('{"a":"x"}', 'a')""": "x",
        """JSON_EXTRACT_PATH_TEXT('{"a":{"b":{"c":2}}}', 'a', 'b', 'c')""": "2",
    },
    "JSON_ARRAY_LENGTH.html": {"JSON_ARRAY_LENGTH('[11,12,13,{\"f1\":21},14]')": 5},
    "JSON_EXTRACT_ARRAY_ELEMENT_TEXT.html": {"JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[111,112,113]', 2)": "113"},
}
QUERIES = {
    "r_AVG.html": ("SELECT AVG(x) FROM (SELECT 1 AS x UNION ALL SELECT 2)", [1]),
    "r_SUM.html": (
        "SELECT SUM(x) + MIN(x) + MAX(x) + COUNT(DISTINCT x) + ANY_VALUE(9) FROM (SELECT 1 AS x UNION ALL SELECT 2)",
        [17],
    ),
    "r_LISTAGG.html": (
        "SELECT LISTAGG(x, ', ') WITHIN GROUP (ORDER BY x) FROM (SELECT 'b' AS x UNION ALL SELECT 'a')",
        ["a, b"],
    ),
    "r_WF_ROW_NUMBER.html": (
        "SELECT ROW_NUMBER() OVER (ORDER BY x DESC) FROM (SELECT 1 AS x UNION ALL SELECT 2) ORDER BY 1",
        [1, 2],
    ),
    "r_ORDER_BY_clause.html": ("SELECT x FROM (SELECT 1 AS x UNION ALL SELECT NULL) ORDER BY x", [1, None]),
    "r_SELECT_list.html": ("SELECT TOP 1 x FROM (SELECT 1 AS x UNION ALL SELECT 2) ORDER BY x", [1]),
}
