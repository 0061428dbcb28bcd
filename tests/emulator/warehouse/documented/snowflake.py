"""What Snowflake's documentation says: expressions and their results, by page."""

from datetime import date
from decimal import Decimal

from tests.emulator.warehouse.documented.times import NOW, local

SITE = "https://docs.snowflake.com/en/sql-reference/"
EXAMPLES = {
    "operators-arithmetic": {
        "7 / 2": 3.5,
        "10.0 / 3": 3.3333333,
        "1 / 3": 0.333333,
        "7 % 3": 1,
        "MOD(7, 3)": 1,
        "2 + 3 * 4 - 1": 13,
        "'2023-03-01'::date - '2023-02-01'::date": 28,
        "'2023-03-01 10:00:00'::timestamp - '2023-02-01 10:00:00'::timestamp": "unsupported",
    },
    "operators-logical": {"TRUE AND NOT FALSE OR NULL": True},
    "operators-comparison": {"1 <> 2": True, "'a' < 'b'": True},
    "data-type-conversion": {
        "'3.1'::number": 3,
        "2.5::int": 3,
        "'12'::float": 12.0,
        "1.50::varchar": "1.50",
        "5::float::varchar": "5",
        "TRUE::varchar": "true",
        "'abc'::varchar(3)": "abc",
        "'true'::boolean": True,
        "0::boolean": False,
        "'2013-05-17'::date": date(2013, 5, 17),
        "'2013-05-17 10:20:30'::timestamp": local(2013, 5, 17, 10, 20, 30),
        "'2013-05-17 10:20:30'::timestamp::varchar": "2013-05-17 10:20:30.000",
        "'2020-01-01'::timestamp_tz": "unsupported",
        "'1.55'::number(10, 1)": Decimal("1.6"),
    },
    "functions/try_cast": {
        "TRY_CAST('05-Mar-2016' AS INT)": None,
        "TRY_CAST('12' AS INT)": 12,
        "TRY_CAST('1.5' AS FLOAT)": 1.5,
        "TRY_CAST('not a date' AS DATE)": None,
        "TRY_CAST('2013-05-17' AS DATE)": date(2013, 5, 17),
        "TRY_CAST('never' AS TIMESTAMP)": None,
    },
    "user-guide/querying-semistructured": {
        """PARSE_JSON('{"email": "ann@example.com"}'):email::string""": "ann@example.com",
        """PARSE_JSON('{"a": [{"b c": 7}]}'):a[0]."b c"::int""": 7,
        """PARSE_JSON('{"price": 1.5}')['price']::float""": 1.5,
        """PARSE_JSON('{"ok": true}'):ok::boolean""": True,
        """PARSE_JSON('{"on": "2013-05-17"}'):on::date""": date(2013, 5, 17),
        """PARSE_JSON('{"x": null}'):x::string""": None,
        """PARSE_JSON('{"x": null}'):x IS NULL""": False,
        """PARSE_JSON('{"x": 1}'):y IS NULL""": True,
    },
    "functions/get": {
        """GET(PARSE_JSON('{"a": "x"}'), 'a')::string""": "x",
        "GET(PARSE_JSON('[5, 6]'), 1)::int": 6,
    },
    "functions/to_varchar": {
        """TO_VARCHAR(PARSE_JSON('{"a": "x"}'):a)""": "x",
        """UPPER(PARSE_JSON('{"a": "x"}'):a)""": "X",
        """IFF(TRUE, PARSE_JSON('{"a": "x"}'):a, NULL)""": "unsupported",
        """PARSE_JSON('{"a": "x"}'):a = 'x'""": "unsupported",
    },
    "functions/try_parse_json": {"TRY_PARSE_JSON('{ invalid')::string": None},
    "functions/array_size": {"ARRAY_SIZE(PARSE_JSON('[1, 2, 3]'))": 3, "ARRAY_SIZE(PARSE_JSON('{}'))": None},
    "functions/to_char": {
        "TO_VARCHAR('2013-04-05 01:02:03'::timestamp, 'mm/dd/yyyy, hh24:mi')": "04/05/2013, 01:02",
        "TO_VARCHAR('2013-04-05 13:02:03'::timestamp, 'HH12:MI:SS AM')": "01:02:03 PM",
        "TO_VARCHAR('2013-04-05'::date, 'DY, DD MON YYYY')": "Fri, 05 Apr 2013",
        "TO_CHAR('2013-04-05 01:02:03.456'::timestamp, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF3')": "2013-04-05T01:02:03.456",
        "TO_VARCHAR(-12)": "-12",
        "TO_CHAR('2013-04-05'::date)": "2013-04-05",
    },
    "functions/to_decimal": {"TO_NUMBER('12.3456')": 12, "TO_DECIMAL('98.76546')": 99},
    "functions/try_to_decimal": {"TRY_TO_NUMBER('x')": None, "TRY_TO_NUMBER('12')": 12},
    "functions/to_double": {"TO_DOUBLE('1.5')": 1.5},
    "functions/to_boolean": {"TO_BOOLEAN('yes')": True, "TO_BOOLEAN('off')": False},
    "functions/to_date": {
        "TO_DATE('2013-05-17')": date(2013, 5, 17),
        "TO_DATE('2012.07.23', 'YYYY.MM.DD')": date(2012, 7, 23),
    },
    "functions/try_to_date": {"TRY_TO_DATE('Invalid')": None, "TRY_TO_DATE('2018-05-15')": date(2018, 5, 15)},
    "functions/to_timestamp": {
        "TO_TIMESTAMP('2013-04-05 01:02:03')": local(2013, 4, 5, 1, 2, 3),
        "TO_TIMESTAMP('04/05/2013 01:02:03', 'mm/dd/yyyy hh24:mi:ss')": local(2013, 4, 5, 1, 2, 3),
        "TO_TIMESTAMP_NTZ('2013-04-05 01:02:03')": local(2013, 4, 5, 1, 2, 3),
        "TO_TIMESTAMP_NTZ('05.04.2013', 'dd.mm.yyyy')": local(2013, 4, 5),
    },
    "functions/try_to_timestamp": {
        "TRY_TO_TIMESTAMP('Invalid')": None,
        "TRY_TO_TIMESTAMP('2018-09-15 12:30:00')": local(2018, 9, 15, 12, 30),
    },
    "functions/dateadd": {
        "DATEADD(year, 2, '2013-05-08'::date)": date(2015, 5, 8),
        "DATEADD(month, 1, '2000-01-31'::date)": date(2000, 2, 29),
        "DATEADD(hour, 2, '2013-04-05 00:00:00'::timestamp)": local(2013, 4, 5, 2),
        "DATEADD('week', -1, '2013-05-08'::date)": date(2013, 5, 1),
    },
    "functions/datediff": {
        "DATEDIFF(year, '2010-04-09 14:39:20'::timestamp, '2013-05-08 23:39:20'::timestamp)": 3,
        "DATEDIFF(hour, '2013-05-08T23:39:20'::timestamp, '2013-05-10T01:05:00'::timestamp)": 26,
        "DATEDIFF(day, '2022-12-31'::date, '2023-01-01'::date)": 1,
    },
    "functions/date_trunc": {
        "DATE_TRUNC('month', '2015-05-08'::date)": date(2015, 5, 1),
        "DATE_TRUNC('week', '2015-05-08'::date)": date(2015, 5, 4),
        "DATE_TRUNC('hour', '2015-05-08 23:39:20'::timestamp)": local(2015, 5, 8, 23),
    },
    "functions/date_part": {
        "DATE_PART(quarter, '2024-04-08'::date)": 2,
        "DATE_PART('epoch_second', '2024-04-08 23:39:20'::timestamp)": 1712619560,
        "EXTRACT(year FROM '2024-04-10 23:39:20'::timestamp)": 2024,
        "DATE_PART(dayofweek, '2016-01-02'::date)": 6,
        "DATE_PART(dayofweekiso, '2016-01-03'::date)": 7,
        "DATE_PART(week, '2016-01-03'::date)": 53,
    },
    "functions/year": {
        "YEAR('2016-01-02'::date)": 2016,
        "QUARTER('2016-01-02'::date)": 1,
        "MONTH('2016-01-02'::date)": 1,
        "DAY('2016-01-02'::date)": 2,
        "DAYOFMONTH('2016-01-02'::date)": 2,
        "DAYOFWEEK('2016-01-03'::date)": 0,
        "DAYOFWEEKISO('2016-01-03'::date)": 7,
        "DAYOFYEAR('2016-01-02'::date)": 2,
        "WEEK('2016-01-02'::date)": 53,
    },
    "functions/hour-minute-second": {
        "HOUR('2013-05-08T23:39:20.123'::timestamp)": 23,
        "MINUTE('2013-05-08T23:39:20.123'::timestamp)": 39,
        "SECOND('2013-05-08T23:39:20.123'::timestamp)": 20,
    },
    "functions/last_day": {"LAST_DAY('2015-05-08'::date)": date(2015, 5, 31)},
    "functions/monthname": {"MONTHNAME('2015-05-01'::date)": "May"},
    "functions/dayname": {"DAYNAME('2015-05-01'::date)": "Fri"},
    "functions/current_timestamp": {
        "CURRENT_DATE": NOW.date(),
        "CURRENT_TIMESTAMP()": NOW,
        "GETDATE()": NOW,
        "SYSDATE()": NOW.replace(tzinfo=None),
    },
    "data-types-datetime": {
        "'2018-04-15'::date + INTERVAL '1 month'": date(2018, 5, 15),
        "'2018-04-15 10:00:00'::timestamp - INTERVAL '90 minutes'": local(2018, 4, 15, 8, 30),
    },
    "functions/iff": {"IFF(TRUE, 'true', 'false')": "true", "IFF(NULL, 'true', 'false')": "false"},
    "functions/case": {"CASE WHEN 1 = 2 THEN 'one' ELSE 'two' END": "two"},
    "functions/coalesce": {"COALESCE(NULL, NULL, 3)": 3, "NVL(NULL, 'b')": "b", "IFNULL(NULL, 5)": 5},
    "functions/nvl2": {"NVL2(NULL, 1, 2)": 2},
    "functions/nullif": {"NULLIF(0, 0)": None, "NULLIF(1, 0)": 1},
    "functions/zeroifnull": {"ZEROIFNULL(NULL)": 0, "NULLIFZERO(0)": None},
    "functions/equal_null": {"EQUAL_NULL(NULL, NULL)": True, "EQUAL_NULL(1, NULL)": False},
    "functions/decode": {
        "DECODE(NULL, 1, 'one', NULL, '-NULL-', 'other')": "-NULL-",
        "DECODE(2, 1, 'one')": None,
    },
    "functions/greatest": {
        "GREATEST(1, 3, 2)": 3,
        "GREATEST(1, NULL)": None,
        "LEAST(1, 3, 2)": 1,
        "LEAST(1, NULL)": None,
    },
    "functions/div0": {"DIV0(1, 0)": 0.0, "DIV0(1, 2)": 0.5},
    "functions/concat": {"CONCAT('a', 'b', 'c')": "abc", "CONCAT('a', NULL)": None, "'a' || 1": "a1"},
    "functions/lower": {"LOWER('AbC')": "abc", "UPPER('AbC')": "ABC"},
    "functions/trim": {
        "TRIM('  a ')": "a",
        "TRIM('*-a-*', '*-')": "a",
        "LTRIM('  a')": "a",
        "LTRIM('#000000123', '0#')": "123",
        "RTRIM('a  ')": "a",
        "RTRIM('$125.00', '0.')": "$125",
    },
    "functions/length": {"LENGTH('Joyeux Noël')": 11, "LEN('')": 0},
    "functions/substr": {
        "SUBSTR('testing 1 2 3', 9, 5)": "1 2 3",
        "SUBSTR('mystring', -3)": "ing",
        "SUBSTR('mystring', -3, 2)": "in",
        "SUBSTR('mystring', 1, -1)": "",
        "SUBSTR('mystring', 0)": "unsupported",
        "SUBSTRING('mystring', 3)": "string",
        "SUBSTRING('mystring', 3, 2)": "st",
        "LEFT('ABCDEF', 3)": "ABC",
        "RIGHT('ABCDEFG', 3)": "EFG",
    },
    "functions/split_part": {
        "SPLIT_PART('127.0.0.1', '.', 1)": "127",
        "SPLIT_PART('127.0.0.1', '.', -1)": "1",
        "SPLIT_PART('11.22.33', '.', 0)": "11",
    },
    "functions/replace": {"REPLACE('down', 'down', 'up')": "up", "REPLACE('abcd', 'bc')": "ad"},
    "functions/contains": {"CONTAINS('coffee', 'off')": True},
    "functions/startswith": {"STARTSWITH('tea', 'te')": True, "ENDSWITH('tea', 'te')": False},
    "functions/charindex": {"CHARINDEX('an', 'banana')": 2, "POSITION('x', 'banana')": 0},
    "functions/lpad": {"LPAD('123', 6, '0')": "000123", "RPAD('ab', 4, '$')": "ab$$"},
    "functions/reverse": {"REVERSE('Hello, world!')": "!dlrow ,olleH"},
    "functions/repeat": {"REPEAT('xy', 3)": "xyxyxy"},
    "functions/md5": {"MD5('Snowflake')": "edf1439075a83a447fb8b630ddc9c8de"},
    "functions/sha2": {
        "SHA2('abc')": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "SHA2('abc', 256)": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    },
    "functions/like": {"'John Dddoe' LIKE '%do%'": True, "'JOHN' ILIKE 'j%'": True},
    "functions/abs": {"ABS(-10)": 10, "SIGN(-1.5)": -1, "SQRT(16)": 4.0, "POWER(2, 3)": 8.0},
    "functions/ceil": {"CEIL(135.135)": 136, "FLOOR(-135.135)": -136},
    "functions/round": {"ROUND(2.5)": 3, "ROUND(-2.5)": -3, "ROUND(135.135, 2)": Decimal("135.14")},
}
QUERIES = {
    "functions/flatten": (
        (
            'SELECT f.value:sku::string || f.index FROM (SELECT PARSE_JSON(\'{"items": [{"sku": "a"}, {"sku": "b"}]}\') AS v) t, '
            "LATERAL FLATTEN(input => t.v:items) f ORDER BY 1"
        ),
        ["a0", "b1"],
    ),
    "functions/flatten#outer": (
        (
            "SELECT t.id || COALESCE(f.value::string, '-') FROM (SELECT 1 AS id, PARSE_JSON('[]') AS v UNION ALL SELECT 2, PARSE_JSON('[7]')) t, "
            "LATERAL FLATTEN(input => t.v, outer => TRUE) f ORDER BY 1"
        ),
        ["1-", "27"],
    ),
    "constructs/join-lateral": (
        'SELECT f.key || \'=\' || f.value::string FROM (SELECT \'{"a": 1, "b": "x"}\' AS v) t, TABLE(FLATTEN(PARSE_JSON(t.v))) f ORDER BY 1',
        ["a=1", "b=x"],
    ),
    "functions/generator": ("SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 10))", [10]),
    "functions/avg": ("SELECT AVG(x) FROM (VALUES (1), (2), (2)) AS t (x)", [1.666667]),
    "functions/sum": (
        "SELECT SUM(x) + MIN(x) + MAX(x) + COUNT(DISTINCT x) + COUNT_IF(x > 1) + ANY_VALUE(9) FROM (VALUES (1), (2), (2)) AS t (x)",
        [21],
    ),
    "functions/listagg": (
        "SELECT LISTAGG(x, '-') WITHIN GROUP (ORDER BY x DESC) FROM (VALUES ('a'), ('b')) AS t (x)",
        ["b-a"],
    ),
    "functions/max_by": (
        "SELECT MAX_BY(id, pay) || MIN_BY(id, pay) FROM (VALUES ('a', 1), ('b', 2)) AS t (id, pay)",
        ["ba"],
    ),
    "constructs/qualify": (
        (
            "SELECT id FROM (VALUES (1, 'a'), (2, 'a'), (3, 'b')) AS t (id, g) "
            "QUALIFY ROW_NUMBER() OVER (PARTITION BY g ORDER BY id DESC) = 1 ORDER BY id"
        ),
        [2, 3],
    ),
    "functions/lag": (
        "SELECT COALESCE(LAG(x) OVER (ORDER BY x), LEAD(x) OVER (ORDER BY x)) * RANK() OVER (ORDER BY x) FROM (VALUES (1), (2)) AS t (x)",
        [2, 2],
    ),
    "operators-subquery": (
        "SELECT 1 WHERE 1 NOT IN (SELECT 2) AND 2 > ALL (SELECT 1) AND EXISTS (SELECT 1)",
        [1],
    ),
    "constructs/order-by": ("SELECT x FROM (VALUES (1), (NULL), (2)) AS t (x) ORDER BY x", [1, 2, None]),
    "sql/select": ("SELECT * EXCLUDE (b) FROM (SELECT 1 AS a, 2 AS b) LIMIT 1", [1]),
}
