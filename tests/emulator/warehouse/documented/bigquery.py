"""What BigQuery's documentation says: expressions and their results, by page.

Its reference is that of GoogleSQL, with whose public copy the results are compared.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.emulator.warehouse.documented import Rule
from tests.emulator.warehouse.documented.times import NOW, local

__all__ = ["EXAMPLES", "NOW", "QUERIES", "SITE", "compared"]

SITE = "https://cloud.google.com/bigquery/docs/reference/standard-sql/"


def compared(path: str) -> str:
    """Return the address of a function in GoogleSQL's reference."""
    page, hash_sign, name = path.partition("#")
    return f"https://github.com/google/zetasql/blob/master/docs/{page}.md{hash_sign}{name}"


def _at(hour: int, minute: int) -> datetime:
    return datetime(2008, 12, 25, hour, minute, tzinfo=UTC)


EXAMPLES = {
    "operators#arithmetic_operators": {
        "7 / 2": Rule(3.5),
        "0.1 + 0.2": Rule(0.30000000000000004),
        "2 + 3 * 4 - 1": Rule(13),
    },
    "mathematical_functions#div": {"DIV(20, 4)": 5, "DIV(12, -7)": -1, "DIV(20, 3)": 6, "DIV(0, 20)": 0},
    "mathematical_functions#mod": {"MOD(25, 12)": 1},
    "mathematical_functions#safe_divide": {"SAFE_DIVIDE(20, 4)": 5.0, "SAFE_DIVIDE(20, 0)": None},
    "mathematical_functions#abs": {"ABS(25)": 25, "ABS(-25)": 25},
    "mathematical_functions#sign": {"SIGN(25)": 1, "SIGN(0)": 0, "SIGN(-25)": -1},
    "mathematical_functions#sqrt": {"SQRT(25.0)": 5.0},
    "mathematical_functions#pow": {"POW(2.0, 3.0)": 8.0},
    "mathematical_functions#ceil": {"CEIL(2.3)": 3.0, "CEIL(-2.8)": -2.0, "CEIL(2.0)": 2.0},
    "mathematical_functions#floor": {"FLOOR(2.8)": 2.0, "FLOOR(-2.3)": -3.0},
    "mathematical_functions#round": {
        "ROUND(2.3)": 2.0,
        "ROUND(2.5)": 3.0,
        "ROUND(-2.5)": -3.0,
        "ROUND(123.7, -1)": 120.0,
        "ROUND(1.235, 2)": 1.24,
        "ROUND(2)": Rule(2.0),
    },
    "conversion_functions#cast": {
        "CAST(2.5 AS INT64)": Rule(3),
        "CAST(1.3 AS INT64)": Rule(1),
        "CAST('12' AS INT64)": Rule(12),
        "CAST(TRUE AS INT64)": Rule(1),
        "CAST('1.5' AS FLOAT64)": Rule(1.5),
        "CAST('1.5' AS NUMERIC)": Rule(Decimal("1.5")),
        "CAST('true' AS BOOL)": Rule(result=True),
        "CAST(0 AS BOOL)": Rule(result=False),
        "CAST(TRUE AS STRING)": Rule("true"),
        "CAST(1.5 AS STRING)": Rule("1.5"),
        "CAST(DATE '2020-01-01' AS STRING)": Rule("2020-01-01"),
        "CAST(TIMESTAMP '2020-01-01 10:00:00+00' AS STRING)": Rule("2020-01-01 10:00:00+00"),
        "CAST('2020-01-01' AS DATE)": Rule(date(2020, 1, 1)),
        "CAST('2020-01-01 10:00:00' AS DATETIME)": Rule(local(2020, 1, 1, 10)),
        "CAST('2020-06-02 17:00:53+02' AS TIMESTAMP)": Rule(datetime(2020, 6, 2, 15, 0, 53, tzinfo=UTC)),
        "CAST(TIMESTAMP '2008-12-25 00:00:00+00:00' AS STRING FORMAT 'YYYY-MM-DD HH24:MI:SS TZH:TZM')": "unsupported",
    },
    "conversion_functions#safe_casting": {
        "SAFE_CAST('apple' AS INT64)": None,
        "SAFE_CAST('12' AS INT64)": Rule(12),
        "SAFE_CAST(5 AS STRING)": Rule("5"),
        "SAFE_CAST('x' AS FLOAT64)": Rule(None),
        "SAFE_CAST('apple' AS DATE)": Rule(None),
        "SAFE_CAST('apple' AS TIMESTAMP)": Rule(None),
    },
    "date_functions#extract": {
        "EXTRACT(DAY FROM DATE '2013-12-25')": 25,
        "EXTRACT(ISOWEEK FROM DATE '2015-12-23')": 52,
        "EXTRACT(ISOWEEK FROM DATE '2016-01-01')": 53,
        "EXTRACT(ISOWEEK FROM DATE '2016-01-04')": 1,
        "EXTRACT(YEAR FROM DATE '2016-01-01')": 2016,
        "EXTRACT(DAYOFWEEK FROM DATE '2023-02-05')": Rule(1),
        "EXTRACT(DAYOFWEEK FROM DATE '2023-02-11')": Rule(7),
        "EXTRACT(DATE FROM TIMESTAMP '2008-12-25 05:30:00+00')": Rule(date(2008, 12, 25)),
        "EXTRACT(HOUR FROM TIMESTAMP '2008-12-25 05:30:00+00')": Rule(5),
        "EXTRACT(WEEK FROM DATE '2016-01-01')": "unsupported",
        "EXTRACT(ISOYEAR FROM DATE '2016-01-01')": "unsupported",
    },
    "date_functions#date": {
        "DATE(2016, 12, 25)": date(2016, 12, 25),
        "DATE(DATETIME '2016-12-25 23:59:59')": date(2016, 12, 25),
    },
    "date_functions#date_add": {
        "DATE_ADD(DATE '2008-12-25', INTERVAL 5 DAY)": date(2008, 12, 30),
        "DATE_ADD(DATE '2024-01-31', INTERVAL 1 MONTH)": Rule(date(2024, 2, 29)),
    },
    "date_functions#date_sub": {"DATE_SUB(DATE '2008-12-25', INTERVAL 5 DAY)": date(2008, 12, 20)},
    "date_functions#date_diff": {
        "DATE_DIFF(DATE '2010-07-07', DATE '2008-12-25', DAY)": 559,
        "DATE_DIFF(DATE '2017-10-15', DATE '2017-10-14', WEEK)": 1,
        "DATE_DIFF('2017-12-30', '2014-12-30', YEAR)": 3,
        "DATE_DIFF('2017-12-18', '2017-12-17', WEEK)": 0,
        "DATE_DIFF('2017-12-18', '2017-12-17', ISOWEEK)": 1,
    },
    "date_functions#date_trunc": {
        "DATE_TRUNC(DATE '2008-12-25', MONTH)": date(2008, 12, 1),
        "DATE_TRUNC(DATE '2017-11-07', WEEK)": Rule(date(2017, 11, 5)),
        "DATE_TRUNC(DATE '2015-06-15', ISOWEEK)": Rule(date(2015, 6, 15)),
        "DATE_TRUNC(DATE '2017-11-05', WEEK(MONDAY))": "unsupported",
    },
    "date_functions#last_day": {"LAST_DAY(DATE '2008-11-25')": date(2008, 11, 30)},
    "date_functions#format_date": {
        "FORMAT_DATE('%b-%d-%Y', DATE '2008-12-25')": "Dec-25-2008",
        "FORMAT_DATE('%b %Y', DATE '2008-12-25')": "Dec 2008",
        "FORMAT_DATE('%x', DATE '2008-12-25')": "unsupported",
    },
    "date_functions#parse_date": {"PARSE_DATE('%Y%m%d', '20081225')": date(2008, 12, 25)},
    "date_functions#current_date": {"CURRENT_DATE": Rule(NOW.date()), "CURRENT_TIMESTAMP()": Rule(NOW)},
    "datetime_functions#datetime_add": {
        "DATETIME_ADD(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE)": local(2008, 12, 25, 15, 40)
    },
    "datetime_functions#datetime_sub": {
        "DATETIME_SUB(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE)": local(2008, 12, 25, 15, 20)
    },
    "datetime_functions#datetime_diff": {
        "DATETIME_DIFF(DATETIME '2010-07-07 10:20:00', DATETIME '2008-12-25 15:30:00', DAY)": 559,
        "DATETIME_DIFF(DATETIME '2017-10-15 00:00:00', DATETIME '2017-10-14 00:00:00', WEEK)": 1,
    },
    "datetime_functions#datetime_trunc": {
        "DATETIME_TRUNC(DATETIME '2008-12-25 15:30:00', DAY)": local(2008, 12, 25),
        "DATE_TRUNC(DATETIME '2008-12-25 15:30:00', HOUR)": Rule(local(2008, 12, 25, 15)),
    },
    "datetime_functions#datetime": {"DATETIME('2008-12-25 15:30:00')": Rule(local(2008, 12, 25, 15, 30))},
    "datetime_functions#last_day": {"LAST_DAY(DATETIME '2008-11-25')": date(2008, 11, 30)},
    "timestamp_functions#timestamp_add": {
        "TIMESTAMP_ADD(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE)": _at(15, 40)
    },
    "timestamp_functions#timestamp_sub": {
        "TIMESTAMP_SUB(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE)": _at(15, 20)
    },
    "timestamp_functions#timestamp_diff": {
        "TIMESTAMP_DIFF(TIMESTAMP '2010-07-07 10:20:00+00', TIMESTAMP '2008-12-25 15:30:00+00', HOUR)": 13410,
        "TIMESTAMP_DIFF(TIMESTAMP '2018-08-14', TIMESTAMP '2018-10-14', DAY)": -61,
        "TIMESTAMP_DIFF('2001-02-01 01:00:00', '2001-02-01 00:00:01', HOUR)": 0,
    },
    "timestamp_functions#timestamp_trunc": {
        "TIMESTAMP_TRUNC(TIMESTAMP '2008-12-25 15:30:00+00', DAY)": Rule(_at(0, 0)),
        "TIMESTAMP_TRUNC(TIMESTAMP '2008-12-25 15:30:00+00', DAY, 'UTC')": "unsupported",
    },
    "timestamp_functions#timestamp": {"TIMESTAMP('2008-12-25 15:30:00+00')": _at(15, 30)},
    "timestamp_functions#timestamp_seconds": {"TIMESTAMP_SECONDS(1230219000)": _at(15, 30)},
    "timestamp_functions#timestamp_millis": {"TIMESTAMP_MILLIS(1230219000000)": _at(15, 30)},
    "timestamp_functions#unix_seconds": {
        "UNIX_SECONDS(TIMESTAMP '2008-12-25 15:30:00+00')": 1230219000,
        "UNIX_SECONDS(TIMESTAMP '1970-01-01 00:00:01.8+00')": 1,
    },
    "timestamp_functions#unix_millis": {
        "UNIX_MILLIS(TIMESTAMP '2008-12-25 15:30:00+00')": 1230219000000,
        "UNIX_MILLIS(TIMESTAMP '1970-01-01 00:00:00.0018+00')": 1,
    },
    "timestamp_functions#format_timestamp": {
        "FORMAT_TIMESTAMP('%b-%d-%Y', TIMESTAMP '2050-12-25 15:30:55+00')": "Dec-25-2050",
        "FORMAT_TIMESTAMP('%b %Y', TIMESTAMP '2050-12-25 15:30:55+00')": "Dec 2050",
    },
    "timestamp_functions#parse_timestamp": {
        "PARSE_TIMESTAMP('%Y-%m-%d %T', '2008-12-25 07:30:00')": Rule(_at(7, 30))
    },
    "operators#date_arithmetics_operators": {
        "DATE '2020-09-22' + 1": date(2020, 9, 23),
        "DATE '2020-09-22' - 7": date(2020, 9, 15),
    },
    "operators#datetime_subtraction": {"DATE '2021-05-20' - DATE '2020-04-19'": "unsupported"},
    "operators#interval_arithmetic_operators": {
        "DATE '2021-04-20' + INTERVAL 25 HOUR": local(2021, 4, 21, 1),
        "TIMESTAMP '2021-05-02 00:01:02.345' - INTERVAL 10 SECOND": datetime(
            2021, 5, 2, 0, 0, 52, 345000, tzinfo=UTC
        ),
        "DATETIME '2021-05-02 00:01:02' - INTERVAL 1 HOUR": Rule(local(2021, 5, 1, 23, 1, 2)),
    },
    "conditional_expressions#if": {
        "IF(10 < 20, 'true', 'false')": "true",
        "IF(30 < 20, 'true', 'false')": "false",
    },
    "conditional_expressions#coalesce": {"COALESCE('A', 'B', 'C')": "A", "COALESCE(NULL, 'B', 'C')": "B"},
    "conditional_expressions#ifnull": {"IFNULL(NULL, 0)": 0, "IFNULL(10, 0)": 10},
    "conditional_expressions#nullif": {"NULLIF(0, 0)": None, "NULLIF(10, 0)": 10},
    "conditional_expressions#case": {
        "CASE WHEN 90 > 60 THEN 'red' WHEN 2 = 6 THEN 'blue' ELSE 'green' END": "red",
        "CASE WHEN 20 > 60 THEN 'red' WHEN 10 = 6 THEN 'blue' ELSE 'green' END": "green",
    },
    "conditional_expressions#case_expr": {
        "CASE 50 WHEN 90 THEN 'red' WHEN 50 THEN 'blue' ELSE 'green' END": "blue"
    },
    "mathematical_functions#greatest": {"GREATEST(3,5,1)": 5, "GREATEST(3, NULL)": Rule(None)},
    "mathematical_functions#least": {"LEAST(3,5,1)": 1, "LEAST(1, NULL)": Rule(None)},
    "string_functions#concat": {
        "CONCAT('T.P.', ' ', 'Bar')": "T.P. Bar",
        "CONCAT('Summer', ' ', 1923)": "Summer 1923",
        "CONCAT('a', NULL)": Rule(None),
    },
    "operators#concatenation_operator": {"'a' || 'b'": Rule("ab")},
    "string_functions#lower": {"LOWER('FOO BAR BAZ')": "foo bar baz"},
    "string_functions#upper": {"UPPER('foo')": "FOO"},
    "string_functions#trim": {
        "CONCAT('#', TRIM( '   apple   '), '#')": "#apple#",
        "TRIM('***apple***', '*')": "apple",
        "TRIM('xzxapplexxy', 'xyz')": "apple",
    },
    "string_functions#ltrim": {
        "CONCAT('#', LTRIM('   apple   '), '#')": "#apple   #",
        "LTRIM('***apple***', '*')": "apple***",
        "LTRIM('xxxapplexxx', 'xyz')": "applexxx",
    },
    "string_functions#rtrim": {
        "RTRIM('***apple***', '*')": "***apple",
        "RTRIM('applexxz', 'xyz')": "apple",
        "RTRIM('apple   ')": Rule("apple"),
    },
    "string_functions#length": {"LENGTH('абвгд')": Rule(5)},
    "string_functions#char_length": {"CHAR_LENGTH('абвгд')": 5},
    "string_functions#substr": {
        "SUBSTR('apple', 2)": "pple",
        "SUBSTR('apple', 2, 2)": "pp",
        "SUBSTR('apple', -2)": "le",
        "SUBSTR('apple', 1, 123)": "apple",
        "SUBSTR('apple', 123)": "",
        "SUBSTR('apple', 123, 5)": "",
        "SUBSTRING('apple', 2)": Rule("pple"),
        "SUBSTRING('apple', 1, 3)": Rule("app"),
    },
    "string_functions#left": {"LEFT('banana', 3)": "ban"},
    "string_functions#right": {"RIGHT('apple', 3)": "ple"},
    "string_functions#replace": {"REPLACE('apple pie', 'pie', 'cobbler')": "apple cobbler"},
    "string_functions#split": {
        "SPLIT('b c d', ' ')": ["b", "c", "d"],
        "SPLIT('a', ' ')": ["a"],
        "SPLIT('b,c')[OFFSET(1)]": Rule("c"),
        "SPLIT('a b', ' ')[ORDINAL(1)]": Rule("a"),
    },
    "string_functions#starts_with": {"STARTS_WITH('bar', 'b')": True},
    "string_functions#ends_with": {"ENDS_WITH('apple', 'e')": True},
    "string_functions#strpos": {"STRPOS('foo@example.com', '@')": 4},
    # BigQuery has this function, GoogleSQL's copy does not.
    "search_functions#contains_substr": {
        "CONTAINS_SUBSTR('the blue house', 'Blue house')": Rule(result=True)
    },
    "string_functions#lpad": {
        "LPAD('b', 5, 'a')": "aaaab",
        "LPAD('abc', 10, 'ghd')": "ghdghdgabc",
        "LPAD('abc', 2, 'd')": "ab",
    },
    "string_functions#rpad": {
        "RPAD('b', 5, 'a')": "baaaa",
        "RPAD('abc', 10, 'ghd')": "abcghdghdg",
        "RPAD('abc', 2, 'd')": "ab",
    },
    "string_functions#reverse": {"REVERSE('abc')": "cba"},
    "string_functions#repeat": {"REPEAT('abc', 3)": "abcabcabc", "REPEAT('abc', NULL)": None},
    "string_functions#regexp_contains": {
        r"REGEXP_CONTAINS('foo@example.com', r'@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+')": True,
        r"REGEXP_CONTAINS('www.example.net', r'@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+')": False,
        r"REGEXP_CONTAINS('a@foo.computer', r'^([\w.+-]+@foo\.com|[\w.+-]+@bar\.org)$')": False,
        r"REGEXP_CONTAINS('a@foo.computer', r'^[\w.+-]+@foo\.com|[\w.+-]+@bar\.org$')": True,
    },
    "operators#like_operator": {"'apple' LIKE 'a%'": Rule(result=True)},
    "hash_functions#sha256": {
        "TO_HEX(SHA256('abc'))": Rule("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    },
    "hash_functions#md5": {"TO_HEX(MD5('abc'))": Rule("900150983cd24fb0d6963f7d28e17f72")},
    "json_functions#json_value": {
        """JSON_VALUE('{"name": "Jakob", "age": "6"}', '$.name')""": "Jakob",
        """JSON_VALUE('{"name": "Jakob", "age": "6"}', '$.age')""": "6",
        """JSON_VALUE('{"fruits": ["apple", "banana"]}', '$.fruits')""": None,
        """JSON_VALUE('{"a.b": {"c": "world"}}', '$."a.b".c')""": "world",
        """JSON_VALUE('"apple"')""": Rule("apple"),
        """JSON_VALUE(PARSE_JSON('{"a": {"b": 1}}'), '$.a.b')""": Rule("1"),
        """JSON_VALUE('{"hello": "world"', '$.hello')""": "unsupported",
    },
    "json_functions#json_query": {
        """JSON_QUERY('{"class": {"students": [{"name": "Jane"}]}}', '$')""": '{"class":{"students":[{"name":"Jane"}]}}',
        """JSON_QUERY('{"class": {"students": []}}', '$.class.students[0]')""": None,
        """JSON_QUERY('{"class": {"students": [{"name": "John"}, {"name": "Jamie"}]}}', '$.class.students[1].name')""": '"Jamie"',
        """JSON_QUERY('{"class": {"students": [{"name": "John"}, {"name": null}]}}', '$.class.students[1].name')""": None,
        """JSON_QUERY('{"class": {"students": []}}', '$.class."students"')""": "[]",
    },
    "json_functions#json_extract": {
        """JSON_EXTRACT('{"class": {"students": [{"name": "John"}, {"name": null}]}}', '$.class.students[1].name')""": None,
        """JSON_EXTRACT('{"class": {"students": []}}', "$.class['students']")""": "[]",
        """JSON_EXTRACT('{"fruits": ["apple", "banana"]}', '$.fruits')""": '["apple","banana"]',
    },
    "json_functions#json_extract_scalar": {
        """JSON_EXTRACT_SCALAR('{"name": "Jakob", "age": "6" }', '$.name')""": "Jakob",
        """JSON_EXTRACT_SCALAR('{"a.b": {"c": "world"}}', "$['a.b'].c")""": "world",
    },
    "json_functions#parse_json": {"""JSON_VALUE(PARSE_JSON('"red"'))""": Rule("red")},
    "json_functions#json_value_array": {
        """JSON_VALUE_ARRAY('["foo", "bar", "baz"]', '$')""": ["foo", "bar", "baz"],
        """JSON_VALUE_ARRAY('{"a.b": {"c": ["world"]}}', '$."a.b".c')""": ["world"],
        """JSON_VALUE_ARRAY('{"a": "foo", "b": []}', '$.b')""": [],
        """JSON_VALUE_ARRAY('{"a": "foo"}', '$')""": None,
        "JSON_VALUE_ARRAY('}}', '$')": "unsupported",
    },
    "json_functions#json_query_array": {
        """JSON_QUERY_ARRAY('["apples", "oranges", "grapes"]', '$')""": ['"apples"', '"oranges"', '"grapes"'],
        """JSON_QUERY_ARRAY('{"a": "foo"}', '$.a')""": None,
    },
    "json_functions#to_json_string": {"TO_JSON_STRING('a')": Rule('"a"'), "TO_JSON_STRING(1)": Rule("1")},
    "array_functions#array_length": {
        "ARRAY_LENGTH(['coffee', NULL, 'milk' ])": 3,
        "ARRAY_LENGTH(['cake', 'pie'])": 2,
    },
    "array_functions#array_to_string": {
        "ARRAY_TO_STRING(['coffee', NULL, 'milk'], '--')": Rule("coffee--milk")
    },
    "operators#array_subscript_operator": {"[1, 2, 3][OFFSET(0)]": Rule(1), "[1, 2, 3][ORDINAL(1)]": Rule(1)},
}
QUERIES = {
    "query-syntax#unnest_operator": (
        "SELECT numbers || '-' || o FROM UNNEST ([10,20,30]) AS numbers WITH OFFSET AS o ORDER BY o",
        ["10-0", "20-1", "30-2"],
    ),
    "aggregate_functions#any_value": (
        "SELECT ANY_VALUE(fruit) FROM UNNEST(['apple', 'banana', 'pear']) as fruit",
        ["apple"],
    ),
    "aggregate_functions#avg": ("SELECT AVG(x) FROM UNNEST([0, 2, 4, 4, 5]) AS x", [3.0]),
    "aggregate_functions#avg-distinct": ("SELECT AVG(DISTINCT x) FROM UNNEST([0, 2, 4, 4, 5]) AS x", [2.75]),
    "aggregate_functions#count": (
        "SELECT COUNT(*) || '-' || COUNT(DISTINCT x) FROM UNNEST([1, 4, 4, 5]) AS x",
        ["4-3"],
    ),
    "aggregate_functions#countif": (
        "SELECT COUNTIF(x<0) || '-' || COUNTIF(x>0) FROM UNNEST([5, -2, 3, 6, -10, -7, 4, 0]) AS x",
        ["3-4"],
    ),
    "aggregate_functions#max": ("SELECT MAX(x) FROM UNNEST([8, 37, 55, 4]) AS x", [55]),
    "aggregate_functions#min": ("SELECT MIN(x) FROM UNNEST([8, 37, 4, 55]) AS x", [4]),
    "aggregate_functions#sum": ("SELECT SUM(x) FROM UNNEST([1, 2, 3, 4, 5, 4, 3, 2, 1]) AS x", [25]),
    "aggregate_functions#sum-distinct": (
        "SELECT SUM(DISTINCT x) FROM UNNEST([1, 2, 3, 4, 5, 4, 3, 2, 1]) AS x",
        [15],
    ),
    "aggregate_functions#string_agg": (
        "SELECT STRING_AGG(fruit, ' & ') FROM UNNEST(['apple', 'pear', 'banana', 'pear']) AS fruit",
        ["apple & pear & banana & pear"],
    ),
    "aggregate_functions#string_agg-ordered": (
        "SELECT STRING_AGG(fruit, ' & ' ORDER BY LENGTH(fruit)) FROM UNNEST(['apple', 'pear', 'banana', 'pear']) AS fruit",
        ["pear & pear & apple & banana"],
    ),
    "aggregate_functions#string_agg-distinct": (
        "SELECT STRING_AGG(DISTINCT fruit, ' & ' ORDER BY fruit) FROM UNNEST(['apple', 'pear', 'banana', 'pear']) AS fruit",
        Rule(["apple & banana & pear"]),
    ),
    "aggregate_functions#string_agg-limit": (
        "SELECT STRING_AGG(fruit, ' & ' LIMIT 2) FROM UNNEST(['apple', 'pear', 'banana', 'pear']) AS fruit",
        "unsupported",
    ),
    "aggregate_functions#max_by": (
        "SELECT MAX_BY(x, y) || MIN_BY(x, y) FROM (SELECT 'a' AS x, 1 AS y UNION ALL SELECT 'b', 2)",
        Rule(["ba"]),
    ),
    "numbering_functions#rank": (
        "SELECT RANK() OVER (ORDER BY x ASC) FROM UNNEST([1, 2, 2, 5, 8, 10, 10]) AS x ORDER BY x",
        [1, 2, 2, 4, 5, 6, 6],
    ),
    "numbering_functions#dense_rank": (
        "SELECT DENSE_RANK() OVER (ORDER BY x ASC) FROM UNNEST([1, 2, 2, 5, 8, 10, 10]) AS x ORDER BY x",
        [1, 2, 2, 3, 4, 5, 5],
    ),
    "numbering_functions#row_number": (
        "SELECT ROW_NUMBER() OVER (ORDER BY x) FROM UNNEST([1, 2, 2, 5, 8, 10, 10]) AS x ORDER BY 1",
        [1, 2, 3, 4, 5, 6, 7],
    ),
    "window-function-calls#partition_by": (
        "SELECT SUM(x) OVER (PARTITION BY MOD(x, 2)) FROM UNNEST([1, 2]) AS x",
        "unsupported",
    ),
    "query-syntax#order_by_clause": ("SELECT x FROM UNNEST([9, 1, NULL]) AS x ORDER BY x", [None, 1, 9]),
    "query-syntax#order_by_clause-last": (
        "SELECT x FROM UNNEST([9, 1, NULL]) AS x ORDER BY x NULLS LAST",
        [1, 9, None],
    ),
    "query-syntax#select_except": (
        "SELECT * EXCEPT (order_id) FROM (SELECT 5 AS order_id, 'sprocket' AS item_name)",
        ["sprocket"],
    ),
    "data-types#struct_type": ("SELECT STRUCT(1 AS a).a", "unsupported"),
}
