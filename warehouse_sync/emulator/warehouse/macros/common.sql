-- Macros of DuckDB that those of the warehouses use. An entry is `name(parameters) AS body;`, or several with one
-- name. A name with two underscores is an operator or a part of other macros; queries cannot call it.

ws_unsupported(what) AS error('EMULATOR: ' || what);

ws_is_integer(x) AS regexp_full_match(typeof(x), 'U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER');

ws_is_float(x) AS typeof(x) IN ('FLOAT', 'DOUBLE');

ws_scale(x) AS coalesce(TRY_CAST(regexp_extract(typeof(x), ',([0-9]+)', 1) AS INTEGER), 0);

-- The text of a value; a JSON string without its quotes, and JSON null as NULL.
ws_text(x) AS CASE WHEN typeof(x) = 'JSON' THEN json_extract_string(CAST(x AS JSON), '$') ELSE CAST(x AS VARCHAR) END;

-- A text that has a length, in bytes, that a type permits.
ws_fits(x, size) AS CASE WHEN strlen(x) > size THEN ws_unsupported('a cast of ' || strlen(x) || ' bytes to ' || size) ELSE x END;

-- A difference, in the dialects where one of dates or timestamps is an interval.
ws_subtract(a, b) AS CASE
    WHEN typeof(a) LIKE 'TIMESTAMP%' OR typeof(b) LIKE 'TIMESTAMP%' THEN ws_unsupported('the difference of timestamps')
    WHEN typeof(a) = 'DATE' AND typeof(b) = 'DATE' THEN ws_unsupported('the difference of dates')
    ELSE a - b END;

ws_step(unit, n) AS CASE unit
    WHEN 'year' THEN to_years(CAST(n AS INTEGER))
    WHEN 'quarter' THEN to_months(3 * CAST(n AS INTEGER))
    WHEN 'month' THEN to_months(CAST(n AS INTEGER))
    WHEN 'week' THEN to_days(7 * CAST(n AS INTEGER))
    WHEN 'day' THEN to_days(CAST(n AS INTEGER))
    WHEN 'hour' THEN to_hours(CAST(n AS BIGINT))
    WHEN 'minute' THEN to_minutes(CAST(n AS BIGINT))
    WHEN 'second' THEN to_seconds(CAST(n AS BIGINT))
    ELSE ws_unsupported('the unit ' || unit) END;

ws_part(unit, x) AS CASE unit
    WHEN 'year' THEN year(x)
    WHEN 'quarter' THEN quarter(x)
    WHEN 'month' THEN month(x)
    WHEN 'isoweek' THEN weekofyear(x)
    WHEN 'day' THEN day(x)
    WHEN 'dayofyear' THEN dayofyear(x)
    WHEN 'hour' THEN hour(CAST(x AS TIMESTAMP))
    WHEN 'minute' THEN minute(CAST(x AS TIMESTAMP))
    WHEN 'second' THEN second(CAST(x AS TIMESTAMP))
    ELSE ws_unsupported('the part ' || unit) END;

ws_add_to_date(unit, n, x) AS CASE
    WHEN unit IN ('hour', 'minute', 'second') THEN ws_unsupported('adding to a date the unit ' || unit)
    ELSE CAST(x + ws_step(unit, n) AS DATE) END;

ws_diff(unit, a, b) AS CASE
    WHEN unit IN ('year', 'quarter', 'month', 'day', 'hour', 'minute', 'second')
        THEN date_diff(unit, CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP))
    ELSE ws_unsupported('the difference in the unit ' || unit) END;

ws_trunc(unit, x) AS CAST(CASE
    WHEN unit IN ('year', 'quarter', 'month', 'day', 'hour', 'minute', 'second', 'week', 'isoweek')
        THEN date_trunc(replace(unit, 'iso', ''), CAST(x AS TIMESTAMP))
    ELSE ws_unsupported('truncation to the unit ' || unit) END AS TIMESTAMP);

-- The text of a float that has at most 15 digits and needs no exponent.
ws_float_text(x) AS CASE
    WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN regexp_replace(CAST(x AS VARCHAR), '\.0$', '')
    ELSE ws_unsupported('the text of a very small or large float') END;

-- JSON without superfluous spaces.
ws_json(x) AS json(CAST(x AS JSON));
