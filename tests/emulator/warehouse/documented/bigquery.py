"""What BigQuery's documentation says: expressions and their results, by page."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.emulator.warehouse.documented.times import NOW, local

SITE = "https://cloud.google.com/bigquery/docs/reference/standard-sql/"
EXAMPLES = {
    "operators#arithmetic_operators": {"7 / 2": 3.5, "0.1 + 0.2": 0.30000000000000004, "2 + 3 * 4 - 1": 13},
    "mathematical_functions#div": {"DIV(20, 4)": 5, "DIV(-7, 2)": -3},
    "mathematical_functions#mod": {"MOD(25, 12)": 1},
    "mathematical_functions#safe_divide": {"SAFE_DIVIDE(20, 4)": 5.0, "SAFE_DIVIDE(20, 0)": None},
    "mathematical_functions#abs": {"ABS(-25)": 25, "SIGN(-25)": -1, "SQRT(25.0)": 5.0, "POW(2.0, 3.0)": 8.0},
    "mathematical_functions#ceil": {"CEIL(2.3)": 3.0, "FLOOR(-2.3)": -3.0},
    "mathematical_functions#round": {
        "ROUND(2.5)": 3.0,
        "ROUND(-2.5)": -3.0,
        "ROUND(123.7, -1)": 120.0,
        "ROUND(2)": 2.0,
    },
    "conversion_functions#cast": {
        "CAST(2.5 AS INT64)": 3,
        "CAST(1.3 AS INT64)": 1,
        "CAST('12' AS INT64)": 12,
        "CAST(TRUE AS INT64)": 1,
        "CAST('1.5' AS FLOAT64)": 1.5,
        "CAST('1.5' AS NUMERIC)": Decimal("1.5"),
        "CAST('true' AS BOOL)": True,
        "CAST(0 AS BOOL)": False,
        "CAST(TRUE AS STRING)": "true",
        "CAST(1.5 AS STRING)": "1.5",
        "CAST(DATE '2020-01-01' AS STRING)": "2020-01-01",
        "CAST(TIMESTAMP '2020-01-01 10:00:00+00' AS STRING)": "2020-01-01 10:00:00+00",
        "CAST('2020-01-01' AS DATE)": date(2020, 1, 1),
        "CAST('2020-01-01 10:00:00' AS DATETIME)": local(2020, 1, 1, 10),
        "CAST('2020-06-02 17:00:53+02' AS TIMESTAMP)": datetime(2020, 6, 2, 15, 0, 53, tzinfo=UTC),
    },
    "conversion_functions#safe_casting": {
        "SAFE_CAST('apple' AS INT64)": None,
        "SAFE_CAST('12' AS INT64)": 12,
        "SAFE_CAST(5 AS STRING)": "5",
        "SAFE_CAST('x' AS FLOAT64)": None,
        "SAFE_CAST('apple' AS DATE)": None,
        "SAFE_CAST('apple' AS TIMESTAMP)": None,
    },
    "date_functions#extract": {
        "EXTRACT(DAYOFWEEK FROM DATE '2023-02-05')": 1,
        "EXTRACT(DAYOFWEEK FROM DATE '2023-02-11')": 7,
        "EXTRACT(DAY FROM DATE '2013-12-25')": 25,
        "EXTRACT(DATE FROM TIMESTAMP '2008-12-25 05:30:00+00')": date(2008, 12, 25),
        "EXTRACT(ISOWEEK FROM DATE '2016-01-01')": 53,
        "EXTRACT(HOUR FROM TIMESTAMP '2008-12-25 05:30:00+00')": 5,
        "EXTRACT(WEEK FROM DATE '2016-01-01')": "unsupported",
    },
    "date_functions#date": {
        "DATE(2016, 12, 25)": date(2016, 12, 25),
        "DATE(DATETIME '2016-12-25 23:59:59')": date(2016, 12, 25),
    },
    "date_functions#date_add": {
        "DATE_ADD(DATE '2008-12-25', INTERVAL 5 DAY)": date(2008, 12, 30),
        "DATE_SUB(DATE '2008-12-25', INTERVAL 5 DAY)": date(2008, 12, 20),
        "DATE_ADD(DATE '2024-01-31', INTERVAL 1 MONTH)": date(2024, 2, 29),
    },
    "date_functions#date_diff": {
        "DATE_DIFF(DATE '2010-07-07', DATE '2008-12-25', DAY)": 559,
        "DATE_DIFF(DATE '2017-10-15', DATE '2017-10-14', WEEK)": 1,
        "DATE_DIFF(DATE '2017-12-30', DATE '2014-12-30', YEAR)": 3,
        "DATE_DIFF(DATE '2017-12-18', DATE '2017-12-17', ISOWEEK)": 1,
        "DATE_DIFF(DATE '2017-12-18', DATE '2017-12-17', WEEK)": 0,
    },
    "date_functions#date_trunc": {
        "DATE_TRUNC(DATE '2008-12-25', MONTH)": date(2008, 12, 1),
        "DATE_TRUNC(DATE '2017-11-07', WEEK)": date(2017, 11, 5),
        "DATE_TRUNC(DATE '2015-06-15', ISOWEEK)": date(2015, 6, 15),
        "DATE_TRUNC(DATE '2017-11-05', WEEK(MONDAY))": "unsupported",
    },
    "date_functions#last_day": {"LAST_DAY(DATE '2008-11-25')": date(2008, 11, 30)},
    "date_functions#format_date": {
        "FORMAT_DATE('%b-%d-%Y', DATE '2008-12-25')": "Dec-25-2008",
        "FORMAT_DATE('%x', DATE '2008-12-25')": "unsupported",
    },
    "date_functions#parse_date": {"PARSE_DATE('%Y%m%d', '20081225')": date(2008, 12, 25)},
    "date_functions#current_date": {"CURRENT_DATE": NOW.date(), "CURRENT_TIMESTAMP()": NOW},
    "datetime_functions#datetime_add": {
        "DATETIME_ADD(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE)": local(2008, 12, 25, 15, 40),
        "DATETIME_SUB(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE)": local(2008, 12, 25, 15, 20),
        "DATETIME_DIFF(DATETIME '2010-07-07 10:20:00', DATETIME '2008-12-25 15:30:00', DAY)": 559,
        "DATETIME_TRUNC(DATETIME '2008-12-25 15:30:00', DAY)": local(2008, 12, 25),
        "DATETIME('2008-12-25 15:30:00')": local(2008, 12, 25, 15, 30),
        "DATE_TRUNC(DATETIME '2008-12-25 15:30:00', HOUR)": local(2008, 12, 25, 15),
    },
    "timestamp_functions#timestamp_add": {
        "TIMESTAMP_ADD(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE)": datetime(
            2008, 12, 25, 15, 40, tzinfo=UTC
        ),
        "TIMESTAMP_SUB(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE)": datetime(
            2008, 12, 25, 15, 20, tzinfo=UTC
        ),
    },
    "timestamp_functions#timestamp_diff": {
        "TIMESTAMP_DIFF(TIMESTAMP '2010-07-07 10:20:00+00', TIMESTAMP '2008-12-25 15:30:00+00', HOUR)": 13410,
        "TIMESTAMP_DIFF(TIMESTAMP '2018-08-14', TIMESTAMP '2018-10-14', DAY)": -61,
        "TIMESTAMP_DIFF(TIMESTAMP '2001-02-01 01:00:00', TIMESTAMP '2001-02-01 00:00:01', HOUR)": 0,
    },
    "timestamp_functions#timestamp_trunc": {
        "TIMESTAMP_TRUNC(TIMESTAMP '2008-12-25 15:30:00+00', DAY)": datetime(2008, 12, 25, tzinfo=UTC)
    },
    "timestamp_functions#timestamp": {
        "TIMESTAMP('2008-12-25 15:30:00+00')": datetime(2008, 12, 25, 15, 30, tzinfo=UTC),
        "TIMESTAMP_SECONDS(1230219000)": datetime(2008, 12, 25, 15, 30, tzinfo=UTC),
        "TIMESTAMP_MILLIS(1230219000000)": datetime(2008, 12, 25, 15, 30, tzinfo=UTC),
        "UNIX_SECONDS(TIMESTAMP '2008-12-25 15:30:00+00')": 1230219000,
        "UNIX_MILLIS(TIMESTAMP '2008-12-25 15:30:00+00')": 1230219000000,
    },
    "timestamp_functions#format_timestamp": {
        "FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%SZ', TIMESTAMP '2050-12-25 15:30:55+00')": "2050-12-25T15:30:55Z",
        "PARSE_TIMESTAMP('%Y-%m-%d %T', '2008-12-25 07:30:00')": datetime(2008, 12, 25, 7, 30, tzinfo=UTC),
    },
    "operators#date_arithmetics_operators": {
        "DATE '2020-09-22' - DATE '2020-09-21'": "unsupported",
        "DATE '2020-09-22' + INTERVAL 1 DAY": local(2020, 9, 23),
        "TIMESTAMP '2021-05-02 00:01:02+00' + INTERVAL 25 HOUR": datetime(2021, 5, 3, 1, 1, 2, tzinfo=UTC),
        "DATETIME '2021-05-02 00:01:02' - INTERVAL 1 HOUR": local(2021, 5, 1, 23, 1, 2),
    },
    "conditional_expressions": {
        "IF(1 < 2, 'yes', 'no')": "yes",
        "COALESCE(NULL, 'B', 'C')": "B",
        "IFNULL(NULL, 0)": 0,
        "NULLIF(0, 0)": None,
        "CASE WHEN TRUE THEN 1 ELSE 2 END": 1,
    },
    "mathematical_functions#greatest": {
        "GREATEST(3, 5, 1)": 5,
        "GREATEST(3, NULL)": None,
        "LEAST(3, 5, 1)": 1,
        "LEAST(1, NULL)": None,
    },
    "string_functions#concat": {
        "CONCAT('T.P.', ' ', 'Bar')": "T.P. Bar",
        "CONCAT('a', NULL)": None,
        "'a' || 'b'": "ab",
    },
    "string_functions#lower": {"LOWER('FOO')": "foo", "UPPER('foo')": "FOO"},
    "string_functions#trim": {
        "TRIM('   apple   ')": "apple",
        "TRIM('***apple***', '*')": "apple",
        "LTRIM('   apple')": "apple",
        "LTRIM('***apple***', '*')": "apple***",
        "RTRIM('apple   ')": "apple",
        "RTRIM('applexz', 'xyz')": "apple",
    },
    "string_functions#length": {"LENGTH('абвгд')": 5, "CHAR_LENGTH('абвгд')": 5},
    "string_functions#substr": {
        "SUBSTR('apple', 2)": "pple",
        "SUBSTR('apple', 2, 2)": "pp",
        "SUBSTR('apple', -2)": "le",
        "SUBSTR('apple', 123)": "",
        "SUBSTRING('apple', 2)": "pple",
        "SUBSTRING('apple', 1, 3)": "app",
        "LEFT('banana', 3)": "ban",
        "RIGHT('apple', 3)": "ple",
    },
    "string_functions#replace": {"REPLACE('apple pie', 'pie', 'cobbler')": "apple cobbler"},
    "string_functions#split": {"SPLIT('b,c')[OFFSET(1)]": "c", "SPLIT('a b', ' ')[ORDINAL(1)]": "a"},
    "string_functions#starts_with": {"STARTS_WITH('bar', 'b')": True, "ENDS_WITH('apple', 'e')": True},
    "string_functions#strpos": {"STRPOS('foo@example.com', '@')": 4},
    "string_functions#contains_substr": {"CONTAINS_SUBSTR('the blue house', 'Blue house')": True},
    "string_functions#lpad": {"LPAD('abc', 8, 'def')": "defdeabc", "RPAD('abc', 5, '-')": "abc--"},
    "string_functions#reverse": {"REVERSE('abc')": "cba", "REPEAT('abc', 3)": "abcabcabc"},
    "string_functions#regexp_contains": {r"REGEXP_CONTAINS('foo@example.com', r'@\w+')": True},
    "operators#like_operator": {"'apple' LIKE 'a%'": True},
    "hash_functions#sha256": {
        "TO_HEX(SHA256('abc'))": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "TO_HEX(MD5('abc'))": "900150983cd24fb0d6963f7d28e17f72",
    },
    "json_functions#json_value": {
        """JSON_VALUE('{"name": "Jakob", "age": "6"}', '$.age')""": "6",
        """JSON_VALUE('{"fruits": ["apple", "banana"]}', '$.fruits')""": None,
        """JSON_VALUE('{"a.b": {"c": "world"}}', '$."a.b".c')""": "world",
        """JSON_VALUE('"apple"')""": "apple",
        """JSON_VALUE(PARSE_JSON('{"a": {"b": 1}}'), '$.a.b')""": "1",
    },
    "json_functions#json_query": {
        """JSON_QUERY('{"class": {"students": [{"name": "Jane"}]}}', '$.class')""": '{"students":[{"name":"Jane"}]}',
        """JSON_EXTRACT('{"a": [1, 2]}', '$.a')""": "[1,2]",
        """JSON_EXTRACT_SCALAR('{"name": "Jakob"}', '$.name')""": "Jakob",
    },
    "json_functions#json_value_array": {
        """JSON_VALUE_ARRAY('{"fruits": ["apples", "grapes"]}', '$.fruits')""": ["apples", "grapes"],
        """JSON_QUERY_ARRAY('{"fruits": ["apples", "grapes"]}', '$.fruits')""": ['"apples"', '"grapes"'],
    },
    "json_functions#to_json_string": {"TO_JSON_STRING('a')": '"a"', "TO_JSON_STRING(1)": "1"},
    "array_functions#array_length": {
        "ARRAY_LENGTH([1, 2])": 2,
        "ARRAY_TO_STRING(['coffee', NULL, 'milk'], '--')": "coffee--milk",
    },
    "operators#array_subscript_operator": {"[1, 2, 3][OFFSET(0)]": 1, "[1, 2, 3][ORDINAL(1)]": 1},
}
QUERIES = {
    "query-syntax#unnest_operator": (
        "SELECT x || CAST(o AS STRING) FROM UNNEST(['a', 'b']) AS x WITH OFFSET AS o ORDER BY 1",
        ["a0", "b1"],
    ),
    "aggregate_functions#avg": ("SELECT AVG(x) FROM UNNEST([0, 2, 4, 4, 5]) AS x", [3.0]),
    "aggregate_functions#count": (
        "SELECT COUNT(*) + COUNT(DISTINCT x) + COUNTIF(x > 1) + SUM(x) + MIN(x) + MAX(x) + ANY_VALUE(7) FROM UNNEST([1, 2, 2]) AS x",
        [22],
    ),
    "aggregate_functions#string_agg": (
        "SELECT STRING_AGG(x ORDER BY x DESC) FROM UNNEST(['a', 'b']) AS x",
        ["b,a"],
    ),
    "aggregate_functions#max_by": (
        "SELECT MAX_BY(x, y) || MIN_BY(x, y) FROM (SELECT 'a' AS x, 1 AS y UNION ALL SELECT 'b', 2)",
        ["ba"],
    ),
    "numbering_functions": (
        "SELECT ROW_NUMBER() OVER (ORDER BY x DESC) FROM UNNEST([1, 2]) AS x ORDER BY 1",
        [1, 2],
    ),
    "query-syntax#order_by_clause": ("SELECT x FROM UNNEST([1, NULL]) AS x ORDER BY x", [None, 1]),
    "query-syntax#select_except": ("SELECT * EXCEPT (b) FROM (SELECT 1 AS a, 2 AS b)", [1]),
    "data-types#struct_type": ("SELECT STRUCT(1 AS a).a", "unsupported"),
}
