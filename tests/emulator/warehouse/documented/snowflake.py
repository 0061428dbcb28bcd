"""What Snowflake's documentation says: expressions and their results, by page."""

from datetime import date
from decimal import Decimal
from urllib.parse import urljoin

from tests.emulator.warehouse.documented import Rule
from tests.emulator.warehouse.documented.snowflake_times import TIMES
from tests.emulator.warehouse.documented.times import NOW, local

__all__ = ["EXAMPLES", "NOW", "QUERIES", "SITE", "compared"]

SITE = "https://docs.snowflake.com/en/sql-reference/"


def compared(path: str) -> str:
    """Return the address of a page."""
    return urljoin(SITE, path)


EXAMPLES = {
    "operators-arithmetic": {
        "2 / 7": 0.285714,
        "10.1 / 2.1": 4.8095238,
        "10.001 / .001": 10001.0,
        "10.01 * 1.1": Decimal("11.011"),
        "10.001 * .001": Decimal("0.010001"),
        "7 % 3": Rule(1),
        "2 + 3 * 4 - 1": Rule(13),
        "'2023-03-01 10:00:00'::timestamp - '2023-02-01 10:00:00'::timestamp": "unsupported",
    },
    "functions/mod": {"MOD(3, 2)": 1, "MOD(4.5, 1.2)": Decimal("0.9"), "MOD(-3, 2)": -1},
    "operators-logical": {
        "TRUE AND NULL": None,
        "FALSE AND NULL": False,
        "TRUE OR NULL": True,
        "FALSE OR NULL": None,
        "TRUE AND NOT FALSE OR NULL": Rule(result=True),
    },
    "operators-comparison": {"'a' < 'b'": Rule(result=True)},
    "data-type-conversion": {
        "17 || '76'": "1776",
        "TRUE::varchar": "true",
        "'false'::boolean": False,
        "0::boolean": False,
        "'12.34'::float": 12.34,
        "'3.1'::number": Rule(3),
        "2.5::int": Rule(3),
        "1.50::varchar": Rule("1.50"),
        "5::float::varchar": Rule("5"),
        "'abc'::varchar(3)": Rule("abc"),
        "'2013-05-17'::date": Rule(date(2013, 5, 17)),
        "'2013-05-17 10:20:30'::timestamp": Rule(local(2013, 5, 17, 10, 20, 30)),
        "'2013-05-17 10:20:30'::timestamp::varchar": Rule("2013-05-17 10:20:30.000"),
        "'2020-01-01'::timestamp_tz": "unsupported",
        "'1.55'::number(10, 1)": Rule(Decimal("1.6")),
    },
    "functions/try_cast": {
        "TRY_CAST('05-Mar-2016' AS TIMESTAMP)": "unsupported",
        "TRY_CAST('ABCD' AS CHAR(2))": "unsupported",
        "TRY_CAST('05-Mar-2016' AS INT)": Rule(None),
        "TRY_CAST('12' AS INT)": Rule(12),
        "TRY_CAST('1.5' AS FLOAT)": Rule(1.5),
        "TRY_CAST('not a date' AS DATE)": Rule(None),
        "TRY_CAST('2013-05-17' AS DATE)": Rule(date(2013, 5, 17)),
        "TRY_CAST('never' AS TIMESTAMP)": Rule(None),
    },
    "../user-guide/querying-semistructured": {
        """PARSE_JSON('{"dealership": "Tindel Toyota"}'):dealership::VARCHAR""": "Tindel Toyota",
        """PARSE_JSON('{"vehicle": [{"make": "Toyota", "price": "23500"}]}'):vehicle[0].price::NUMBER * 0.10""": Decimal(
            "2350.0"
        ),
        """PARSE_JSON('{"salesperson": {"name": "Greg Northrup"}}'):salesperson.name::string""": Rule(
            "Greg Northrup"
        ),
        """PARSE_JSON('{"salesperson": {"name": "Greg Northrup"}}')['salesperson']['name']::string""": Rule(
            "Greg Northrup"
        ),
        """PARSE_JSON('{"a": [{"b c": 7}]}'):a[0]."b c"::int""": Rule(7),
        """PARSE_JSON('{"ok": true}'):ok::boolean""": Rule(result=True),
        """PARSE_JSON('{"on": "2013-05-17"}'):on::date""": Rule(date(2013, 5, 17)),
        """IFF(TRUE, PARSE_JSON('{"a": "x"}'):a, NULL)""": "unsupported",
        """PARSE_JSON('{"a": "x"}'):a = 'x'""": "unsupported",
    },
    "../user-guide/semistructured-considerations": {
        """PARSE_JSON('{ "a": null }'):a IS NULL""": False,
        """PARSE_JSON('{ "a": null }'):b IS NULL""": True,
        """TO_CHAR(PARSE_JSON('{ "a": null }'):a)""": None,
        """TO_VARCHAR(PARSE_JSON('{"b" : "hello"}'):a)""": None,
        """TO_VARCHAR(PARSE_JSON('{"a" : "world"}'):a)""": "world",
        """UPPER(PARSE_JSON('{"a": "x"}'):a)""": Rule("X"),
    },
    "functions/get": {
        """GET(PARSE_JSON('{"Ukraine": "Kyiv", "France": "Paris"}'), 'Ukraine')::string""": Rule("Kyiv"),
        "GET(PARSE_JSON('[2.71, 3.14]'), 0)::float": 2.71,
        """GET(PARSE_JSON('{"weatherStationID": 42, "temperature": 31.5}'), 'temperature')::float""": 31.5,
    },
    "functions/parse_json": {
        """PARSE_JSON('{"PI":3.14}'):PI::float""": 3.14,
        "PARSE_JSON('null') IS NULL": False,
        "PARSE_JSON('') IS NULL": Rule(result=True),
    },
    "functions/try_parse_json": {
        """TRY_PARSE_JSON('{ "bad" : "json", "missing" : TRUE, "close_brace": 10 ')::string""": None
    },
    "functions/array_size": {
        "ARRAY_SIZE(PARSE_JSON('[1, 2, 3]'))": 3,
        "ARRAY_SIZE(PARSE_JSON('{}'))": Rule(None),
    },
    "functions/to_char": {
        "TO_VARCHAR('2024-04-05 01:02:03'::TIMESTAMP, 'mm/dd/yyyy, hh24:mi hours')": "unsupported",
        "TO_VARCHAR('2024-04-03'::DATE)": "2024-04-03",
        "TO_VARCHAR('2024-04-03'::DATE, 'yyyy.mm.dd')": "2024.04.03",
        "TO_VARCHAR('2013-04-05 01:02:03'::timestamp, 'mm/dd/yyyy, hh24:mi')": Rule("04/05/2013, 01:02"),
        "TO_VARCHAR('2013-04-05 13:02:03'::timestamp, 'HH12:MI:SS AM')": Rule("01:02:03 PM"),
        "TO_VARCHAR('2013-04-05'::date, 'DY, DD MON YYYY')": Rule("Fri, 05 Apr 2013"),
        "TO_CHAR('2013-04-05 01:02:03.456'::timestamp, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF3')": Rule(
            "2013-04-05T01:02:03.456"
        ),
        "TO_CHAR(-12.391)": "-12.391",
        "TO_CHAR(-12.391, '99.0')": "unsupported",
    },
    "functions/to_decimal": {
        "TO_NUMBER('12.3456')": 12,
        "TO_NUMBER('98.76546')": 99,
        "TO_DECIMAL('12.3456')": 12,
        "TO_NUMBER('12.3456', 10, 1)": "unsupported",
    },
    "functions/try_to_decimal": {
        "TRY_TO_NUMBER('345.123')": 345,
        "TRY_TO_NUMBER('aaa')": None,
        "TRY_TO_NUMBER('345.123', 10, 2)": "unsupported",
    },
    "functions/to_double": {"TO_DOUBLE(1.1)": 1.1, "TO_DOUBLE('2.2')": 2.2},
    "functions/to_boolean": {
        "TO_BOOLEAN('yes')": True,
        "TO_BOOLEAN('no')": False,
        "TO_BOOLEAN(1)": True,
        "TO_BOOLEAN(0)": False,
        "TO_BOOLEAN('1')": Rule(result=True),
        "TO_BOOLEAN('off')": Rule(result=False),
    },
    **TIMES,
    "functions/iff": {
        "IFF(TRUE, 'true', 'false')": "true",
        "IFF(FALSE, 'true', 'false')": "false",
        "IFF(NULL, 'true', 'false')": "false",
        "IFF(TRUE, NULL, 'false')": None,
        "IFF(1.1::INT = 1.1, 'integer', 'non-integer')": "non-integer",
        "IFF(63 > 50, 'High', 'Low')": "High",
    },
    "functions/case": {
        "CASE WHEN 2 = 1 THEN 'one' WHEN 2 = 2 THEN 'two' ELSE 'other' END": "two",
        "CASE WHEN 3 = 1 THEN 'one' WHEN 3 = 2 THEN 'two' END": None,
    },
    "functions/coalesce": {"COALESCE(1, 2, 3)": 1, "COALESCE(NULL, 2, 3)": 2, "COALESCE(NULL, NULL, 3)": 3},
    "functions/nvl": {"NVL(NULL, '555-01111')": "555-01111", "NVL('555-01222', NULL)": "555-01222"},
    "functions/ifnull": {
        "IFNULL(NULL, '555-01111')": "555-01111",
        "IFNULL('555-01222', NULL)": "555-01222",
    },
    "functions/nvl2": {"NVL2(0, 5, 3)": 5, "NVL2(0, NULL, 3)": None, "NVL2(NULL, 5, 3)": 3},
    "functions/nullif": {"NULLIF(0, 0)": None, "NULLIF(0, 1)": 0, "NULLIF(1, NULL)": 1},
    "functions/zeroifnull": {"ZEROIFNULL(NULL)": 0, "ZEROIFNULL(3.14159)": Decimal("3.14159")},
    "functions/nullifzero": {"NULLIFZERO(0)": None, "NULLIFZERO(52)": 52},
    "functions/equal_null": {
        "EQUAL_NULL(1, 1)": True,
        "EQUAL_NULL(2, 1)": False,
        "EQUAL_NULL(NULL, 1)": False,
        "EQUAL_NULL(NULL, NULL)": True,
        "1 <> 2": True,
        "1 = NULL": None,
    },
    "functions/decode": {
        "DECODE(2, 1, 'one', 2, 'two', NULL, '-NULL-', 'other')": "two",
        "DECODE(NULL, 1, 'one', 2, 'two', NULL, '-NULL-', 'other')": "-NULL-",
        "DECODE(4, 1, 'one', 2, 'two', NULL, '-NULL-', 'other')": "other",
        "DECODE(4, 1, 'one', 2, 'two', NULL, '-NULL-')": None,
    },
    "functions/greatest": {
        "GREATEST(1, 2, 3)": 3,
        "GREATEST(2, 4, -1)": 4,
        "GREATEST(3, 6, NULL)": None,
    },
    "functions/least": {"LEAST(1, 3, 0, 4)": 0, "LEAST(2, 4, -1)": -1, "LEAST(3, 6, NULL)": None},
    "functions/div0": {"1/2": 0.5, "DIV0(1, 2)": 0.5, "DIV0(1, 0)": 0.0},
    "functions/concat": {
        "CONCAT('George Washington ', 'Carver')": "George Washington Carver",
        "CONCAT('co', 'd', 'e')": "code",
        "CONCAT('Colorado ', 'River ', NULL)": None,
        "'This ' || 'is ' || 'another ' || 'concatenation ' || 'technique.'": "This is another concatenation technique.",
    },
    "functions/lower": {"LOWER('The Quick Gray Fox')": "the quick gray fox", "LOWER('ÄäÖößÜü')": "ääöößüü"},
    "functions/upper": {
        "UPPER('AaBbCcDdEeFfGgHhIiJj')": "AABBCCDDEEFFGGHHIIJJ",
        "UPPER('ÄäÖößÜü')": "ÄÄÖÖSSÜÜ",
    },
    "functions/trim": {"TRIM('*-*ABC-*-', '*-')": "ABC", "TRIM('  Leading Spaces')": "Leading Spaces"},
    "functions/ltrim": {
        "LTRIM('#000000123', '0#')": "123",
        "LTRIM('  #Leading Spaces')": "#Leading Spaces",
        "LTRIM('  #Leading Spaces', ' #')": "Leading Spaces",
    },
    "functions/rtrim": {
        "RTRIM('$125.00', '0.')": "$125",
        "RTRIM('Trailing Spaces#  ')": "Trailing Spaces#",
        "RTRIM('Trailing Spaces#  ', '# ')": "Trailing Spaces",
    },
    "functions/length": {
        "LENGTH('Joyeux Noël')": 11,
        "LENGTH('')": 0,
        "LENGTH(NULL)": None,
        "LEN('圣诞节快乐')": 5,
    },
    "functions/substr": {
        "SUBSTR('testing 1 2 3', 9, 3)": "1 2",
        "SUBSTR('mystring', -1, 3)": "g",
        "SUBSTR('mystring', -5, 3)": "tri",
        "SUBSTR('mystring', 0, 7)": "mystrin",
        "SUBSTR('mystring', 3, 7)": "string",
        "SUBSTR('mystring', NULL, 3)": None,
        "SUBSTR('mystring', 3, NULL)": None,
        "SUBSTR('800-555-0100', 5)": "555-0100",
        "SUBSTR('mystring', -9)": Rule(""),
        "SUBSTR('mystring', 1, -1)": Rule(""),
        "SUBSTRING('mystring', 3, 3)": "str",
        "SUBSTRING('mystring', 3)": Rule("string"),
    },
    "functions/left": {
        "LEFT('ABCDEF', 3)": "ABC",
        "LEFT('20210320', 4)": "2021",
        "LEFT('a', NULL)": Rule(None),
    },
    "functions/right": {"RIGHT('ABCDEFG', 3)": "EFG", "RIGHT('800-555-0100', 8)": "555-0100"},
    "functions/split_part": {
        "SPLIT_PART('11.22.33', '.', 0)": "11",
        "SPLIT_PART('11.22.33', '.', 2)": "22",
        "SPLIT_PART('11.22.33', '.', 4)": "",
        "SPLIT_PART('11.22.33', '.', -1)": "33",
        "SPLIT_PART('11.22.33', '.', -4)": "",
        "SPLIT_PART('aaa--bbb-BBB--ccc', '--', 2)": "bbb-BBB",
        "SPLIT_PART('user@snowflake.com', '', 1)": "user@snowflake.com",
        "SPLIT_PART('user@snowflake.com', '', -2)": "",
    },
    "functions/replace": {
        "REPLACE('down', 'down', 'up')": "up",
        "REPLACE('Vacation in Athens', 'Athens', 'Rome')": "Vacation in Rome",
        "REPLACE('abcd', 'bc')": "ad",
    },
    "functions/contains": {
        "CONTAINS('ice tea', 'te')": True,
        "CONTAINS('coffee', 'te')": False,
        "CONTAINS(NULL, 'te')": None,
    },
    "functions/startswith": {"STARTSWITH('tea', 'te')": True, "STARTSWITH('ice tea', 'te')": False},
    "functions/endswith": {"ENDSWITH('latte', 'te')": True, "ENDSWITH('tea', 'te')": False},
    "functions/charindex": {
        "CHARINDEX('an', 'banana', 1)": 2,
        "CHARINDEX('an', 'banana', 3)": 4,
        "CHARINDEX('', 'sth')": 1,
        "CHARINDEX('dog', 'catalog')": 0,
        "CHARINDEX('lésine', 'le péché, la lésine')": 14,
        "CHARINDEX('☃c', '☃a☃b☃c☃d')": 5,
    },
    "functions/position": {"POSITION('an', 'banana', 3)": 4, "POSITION('log', 'catalog')": 5},
    "functions/lpad": {
        "LPAD('5', 8, '0')": "00000005",
        "LPAD('Twelve Dollars', 10, '$')": "Twelve Dol",
        "LPAD('123.50', 19, '*_')": "*_*_*_*_*_*_*123.50",
    },
    "functions/rpad": {
        "RPAD('-123.00', 10, '_')": "-123.00___",
        "RPAD('123.50', 19, '*_')": "123.50*_*_*_*_*_*_*",
    },
    "functions/reverse": {
        "REVERSE('Hello, world!')": "!dlrow ,olleH",
        "REVERSE('2019-05-22'::DATE)": "22-50-9102",
    },
    "functions/repeat": {"REPEAT('xy', 5)": "xyxyxyxyxy"},
    "functions/md5": {"MD5('Snowflake')": "edf1439075a83a447fb8b630ddc9c8de"},
    "functions/sha2": {
        "SHA2('AbCd0')": "e1d8ba27889d6782008f495473278c4f071995c5549a976e4d4f93863ce93643",
        "SHA2('Snowflake', 224)": "unsupported",
        "SHA2('abc', 256)": Rule("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    },
    "functions/like": {
        "'John  Dddoe' LIKE '%Jo%oe%'": True,
        "'Joe down' LIKE '%Jo%oe%'": False,
        "'John_down' LIKE '%J%h%^_do%' ESCAPE '^'": True,
        "'100%' LIKE '100^%' ESCAPE '^'": True,
        "'1000 times' LIKE '100^%' ESCAPE '^'": False,
    },
    "functions/ilike": {"'John_down' ILIKE '%j%h%do%'": True, "'Joe down' ILIKE '%j%h%do%'": False},
    "functions/abs": {"ABS(-2)": 2, "ABS(-4.5)": Decimal("4.5")},
    "functions/sign": {"SIGN(5)": 1, "SIGN(0)": 0},
    "functions/sqrt": {"SQRT(0)": 0.0, "SQRT(16)": Rule(4.0)},
    "functions/pow": {"POWER(2, 3)": 8.0, "POWER(2, -1)": 0.5},
    "functions/ceil": {"CEIL(135.135)": 136, "CEIL(-975.975)": -975},
    "functions/floor": {"FLOOR(135.135)": 135, "FLOOR(-975.975)": -976},
    "functions/round": {
        "ROUND(135.135)": 135,
        "ROUND(-975.975)": -976,
        "ROUND(2.5, 0)": 3,
        "ROUND(-2.5, 0)": -3,
        "ROUND(-975.975::float, -1)": -980.0,
        "ROUND(135.135::float, 1)": 135.1,
        "ROUND(1.005, 2)": Decimal("1.01"),
        "ROUND(2.5, 0, 'HALF_TO_EVEN')": "unsupported",
    },
}
QUERIES = {
    "functions/flatten": (
        """SELECT f.key || f.path FROM TABLE(FLATTEN(INPUT => PARSE_JSON('{"a":1, "b":[77,88], "c": {"d":"X"}}'))) f ORDER BY 1""",
        ["aa", "bb", "cc"],
    ),
    "functions/flatten#outer": (
        "SELECT f.index FROM TABLE(FLATTEN(INPUT => PARSE_JSON('[]'), OUTER => TRUE)) f",
        [None],
    ),
    "functions/flatten#empty": ("SELECT f.index FROM TABLE(FLATTEN(INPUT => PARSE_JSON('[]'))) f", []),
    "functions/flatten#lateral": (
        (
            'SELECT f.value:sku::string || f.index FROM (SELECT PARSE_JSON(\'{"items": [{"sku": "a"}, {"sku": "b"}]}\') AS v) t, '
            "LATERAL FLATTEN(input => t.v:items) f ORDER BY 1"
        ),
        Rule(["a0", "b1"]),
    ),
    "functions/flatten#lateral-outer": (
        (
            "SELECT t.id || COALESCE(f.value::string, '-') FROM (SELECT 1 AS id, PARSE_JSON('[]') AS v UNION ALL SELECT 2, PARSE_JSON('[7]')) t, "
            "LATERAL FLATTEN(input => t.v, outer => TRUE) f ORDER BY 1"
        ),
        Rule(["1-", "27"]),
    ),
    "functions/generator": ("SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 10))", [10]),
    "functions/avg": (
        "SELECT AVG(int_col) FROM (VALUES (1), (1), (2), (2), (3), (NULL)) AS t (int_col)",
        [1.8],
    ),
    "functions/count": (
        "SELECT COUNT(*) || '-' || COUNT(i_col) || '-' || COUNT(DISTINCT i_col) || '-' || COUNT(j_col) || '-' || COUNT(DISTINCT j_col) FROM (VALUES (11, 101), (11, 102), (11, NULL), (12, 101), (NULL, 101), (NULL, 102)) AS t (i_col, j_col)",
        ["6-4-2-5-2"],
    ),
    "functions/count_if": (
        "SELECT COUNT_IF(TRUE) || '-' || COUNT_IF(j_col > i_col) FROM (VALUES (11, 101), (11, 102), (11, NULL), (12, 101), (NULL, 101), (NULL, 102)) AS t (i_col, j_col)",
        ["6-3"],
    ),
    "functions/sum": (
        "SELECT SUM(x) + MIN(x) + MAX(x) + ANY_VALUE(9) FROM (VALUES (1), (2), (2)) AS t (x)",
        Rule([17]),
    ),
    "functions/listagg": (
        "SELECT LISTAGG(DISTINCT x, '|') WITHIN GROUP (ORDER BY x DESC) FROM (VALUES ('O'), ('F'), ('O')) AS t (x)",
        Rule(["O|F"]),
    ),
    "functions/listagg#empty": (
        "SELECT LISTAGG(x, '-') FROM (SELECT 'a' AS x) AS t WHERE x <> 'a'",
        Rule([""]),
    ),
    "functions/max_by": (
        "SELECT MAX_BY(id, salary) || MIN_BY(id, salary) FROM (VALUES ('a', 1), ('b', 2)) AS t (id, salary)",
        Rule(["ba"]),
    ),
    "constructs/qualify": (
        (
            "SELECT i FROM (VALUES (1, 'A', 1), (2, 'A', 2), (3, 'B', 1), (4, 'B', 2)) AS qt (i, p, o) "
            "QUALIFY ROW_NUMBER() OVER (PARTITION BY p ORDER BY o) = 1 ORDER BY i"
        ),
        [1, 3],
    ),
    "constructs/qualify#function": (
        "SELECT x FROM (VALUES ('A'), ('a')) AS t (x) QUALIFY ROW_NUMBER() OVER (PARTITION BY LOWER(x) ORDER BY x) = 1",
        "unsupported",
    ),
    "constructs/qualify#subquery": (
        (
            "SELECT x FROM (SELECT x, LOWER(x) AS k FROM (VALUES ('A'), ('a'), ('b')) AS t (x)) AS u "
            "QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY x) = 1 ORDER BY x"
        ),
        Rule(["A", "b"]),
    ),
    "functions/lag": (
        (
            "SELECT revenue - LAG(revenue, 1, 0) OVER (PARTITION BY emp_id ORDER BY year) "
            "FROM (VALUES (0, 2010, 1000), (0, 2011, 1500), (0, 2012, 500), (0, 2013, 750)) AS sales (emp_id, year, revenue) ORDER BY year"
        ),
        [1000, 500, -1000, 250],
    ),
    "operators-subquery": (
        "SELECT 1 WHERE 1 NOT IN (SELECT 2) AND 2 > ALL (SELECT 1) AND EXISTS (SELECT 1)",
        Rule([1]),
    ),
    "constructs/order-by": (
        "SELECT x FROM (VALUES (1), (NULL), (2)) AS t (x) ORDER BY x",
        Rule([1, 2, None]),
    ),
    "sql/select": ("SELECT * EXCLUDE (b) FROM (SELECT 1 AS a, 2 AS b) LIMIT 1", Rule([1])),
}
