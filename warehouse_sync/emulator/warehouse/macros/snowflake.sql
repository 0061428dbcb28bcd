-- Functions and operators of Snowflake. TIMESTAMP_TZ and TIMESTAMP_LTZ are shown in UTC.

sf__divide(a, b) AS CASE
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN b = 0 THEN error('Division by zero')
    WHEN ws_is_float(a) OR ws_is_float(b) THEN CAST(a AS DOUBLE) / CAST(b AS DOUBLE)
    WHEN typeof(a) = 'VARCHAR' OR typeof(b) = 'VARCHAR' THEN ws_unsupported('division of a string')
    ELSE round(CAST(a AS DOUBLE) / CAST(b AS DOUBLE), greatest(ws_scale(a), least(ws_scale(a) + 6, 12))) END;
sf__subtract(a, b) AS CASE
    WHEN typeof(a) LIKE 'TIMESTAMP%' OR typeof(b) LIKE 'TIMESTAMP%' THEN ws_unsupported('the difference of timestamps')
    ELSE a - b END;
sf_mod(a, b) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE a % b END;

sf__cast_string(x) AS CASE
    WHEN ws_is_float(x) THEN ws_float_text(TRY_CAST(ws_text(x) AS DOUBLE))
    WHEN typeof(x) = 'TIMESTAMP' THEN strftime(TRY_CAST(ws_text(x) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')
    WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN strftime(TRY_CAST(ws_text(x) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g +0000')
    WHEN ws_is_integer(x) OR typeof(x) LIKE 'DECIMAL%' OR typeof(x) IN ('VARCHAR', 'BOOLEAN', 'DATE', 'JSON', '"NULL"') THEN ws_text(x)
    ELSE ws_unsupported('the text of ' || typeof(x)) END;
sf__cast_int(x) AS CASE
    WHEN typeof(x) IN ('BOOLEAN', 'JSON') AND ws_text(x) IN ('true', 'false') THEN CAST(ws_text(x) = 'true' AS BIGINT)
    ELSE CAST(round(CAST(ws_text(x) AS DECIMAL(38, 12))) AS BIGINT) END;
sf__cast_float(x) AS CAST(ws_text(x) AS DOUBLE);
sf__cast_decimal(x, scale) AS ws_text(x);
sf__cast_boolean(x) AS CASE
    WHEN lower(ws_text(x)) IN ('true', 't', 'yes', 'y', 'on') THEN true
    WHEN lower(ws_text(x)) IN ('false', 'f', 'no', 'n', 'off') THEN false
    WHEN typeof(x) = 'VARCHAR' AND ws_text(x) IN ('1', '0') THEN ws_text(x) = '1'
    WHEN ws_text(x) IS NOT NULL AND (typeof(x) = 'VARCHAR' OR TRY_CAST(ws_text(x) AS DOUBLE) IS NULL) THEN error('Boolean value ''' || ws_text(x) || ''' is not recognized')
    ELSE TRY_CAST(ws_text(x) AS DOUBLE) <> 0 END;
sf__cast_date(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') AND NOT regexp_matches(ws_text(x), '^\d{4}-\d\d-\d\d') THEN ws_unsupported('the date format of ' || ws_text(x))
    ELSE CAST(left(ws_text(x), 10) AS DATE) END;
-- The time zone of a text is dropped.
sf__cast_timestamp(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') AND NOT regexp_full_match(ws_text(x), '\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?( ?[+-]\d\d:?\d\d)?)?') THEN ws_unsupported('the timestamp format of ' || ws_text(x))
    WHEN typeof(x) IN ('VARCHAR', 'JSON', 'DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', '"NULL"') THEN CAST(regexp_extract(ws_text(x), '^[0-9-]+([ T][0-9:.]+)?') AS TIMESTAMP)
    ELSE ws_unsupported('a timestamp of ' || typeof(x)) END;
sf__try_cast_int(x VARCHAR) AS CAST(round(TRY_CAST(x AS DECIMAL(38, 12))) AS BIGINT);
sf__try_cast_float(x VARCHAR) AS TRY_CAST(x AS DOUBLE);
sf__try_cast_date(x VARCHAR) AS CASE WHEN regexp_full_match(x, '\d{4}-\d\d-\d\d') THEN TRY_CAST(x AS DATE)
    WHEN regexp_matches(x, '\d') THEN ws_unsupported('the date format of ' || x) END;
sf__try_cast_timestamp(x VARCHAR) AS CASE WHEN regexp_full_match(x, '\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d{1,6})?)?') THEN TRY_CAST(x AS TIMESTAMP)
    WHEN regexp_matches(x, '\d') THEN ws_unsupported('the timestamp format of ' || x) END;
sf_concat(a, b) AS sf__cast_string(a) || sf__cast_string(b);

sf_to_varchar(x) AS sf__cast_string(x);
sf_to_varchar(x TIMESTAMP, format) AS strftime(x, format);
sf_to_varchar(x DATE, format) AS strftime(x, format);
sf_to_varchar(x TIMESTAMPTZ, format) AS strftime(CAST(x AS TIMESTAMP), format);
sf_to_char(x) AS sf__cast_string(x);
sf_to_char(x TIMESTAMP, format) AS strftime(x, format);
sf_to_char(x DATE, format) AS strftime(x, format);
sf_to_char(x TIMESTAMPTZ, format) AS strftime(CAST(x AS TIMESTAMP), format);
sf_to_number(x) AS sf__cast_int(x);
sf_to_decimal(x) AS sf__cast_int(x);
sf_to_double(x) AS sf__cast_float(x);
sf_to_boolean(x) AS sf__cast_boolean(x);
sf_to_date(x) AS sf__cast_date(x);
sf_to_date(x, format) AS CAST(strptime(CAST(x AS VARCHAR), format) AS DATE);
sf_to_timestamp(x) AS sf__cast_timestamp(x);
sf_to_timestamp(x, format) AS strptime(CAST(x AS VARCHAR), format);
sf_to_timestamp_ntz(x) AS sf__cast_timestamp(x);
sf_to_timestamp_ntz(x, format) AS strptime(CAST(x AS VARCHAR), format);
sf_try_to_number(x VARCHAR) AS sf__try_cast_int(x);
sf_try_to_date(x VARCHAR) AS sf__try_cast_date(x);
sf_try_to_timestamp(x VARCHAR) AS sf__try_cast_timestamp(x);

sf_dateadd(unit, n, x DATE) AS ws_add_to_date(unit, n, x);
sf_dateadd(unit, n, x TIMESTAMP) AS x + ws_step(unit, n);
sf_dateadd(unit, n, x TIMESTAMPTZ) AS x + ws_step(unit, n);
sf__dateadd_time(unit, n, x DATE) AS CAST(x AS TIMESTAMP) + ws_step(unit, n);
sf__dateadd_time(unit, n, x TIMESTAMP) AS x + ws_step(unit, n);
sf__dateadd_time(unit, n, x TIMESTAMPTZ) AS x + ws_step(unit, n);
sf__add_interval(unit, n, x DATE) AS ws_add_to_date(unit, n, x);
sf__add_interval(unit, n, x TIMESTAMP) AS x + ws_step(unit, n);
sf__add_interval(unit, n, x TIMESTAMPTZ) AS x + ws_step(unit, n);
sf_datediff(unit, a, b) AS ws_diff(unit, a, b);
sf_date_trunc(unit, x DATE) AS CAST(ws_trunc(unit, x) AS DATE);
sf_date_trunc(unit, x TIMESTAMP) AS ws_trunc(unit, x);
sf_date_trunc(unit, x TIMESTAMPTZ) AS CAST(ws_trunc(unit, x) AS TIMESTAMPTZ);
sf_date_part(unit, x) AS CASE unit
    WHEN 'dayofweek' THEN dayofweek(x)
    WHEN 'dayofweekiso' THEN isodow(x)
    WHEN 'week' THEN weekofyear(x)
    WHEN 'epoch' THEN CAST(floor(epoch(CAST(x AS TIMESTAMP))) AS BIGINT)
    ELSE ws_part(unit, x) END;
sf_year(x) AS year(x);
sf_quarter(x) AS quarter(x);
sf_month(x) AS month(x);
sf_day(x) AS day(x);
sf_dayofmonth(x) AS day(x);
sf_dayofweek(x) AS dayofweek(x);
sf_dayofweekiso(x) AS isodow(x);
sf_dayofyear(x) AS dayofyear(x);
sf_week(x) AS weekofyear(x);
sf_hour(x) AS hour(CAST(x AS TIMESTAMP));
sf_minute(x) AS minute(CAST(x AS TIMESTAMP));
sf_second(x) AS second(CAST(x AS TIMESTAMP));
sf_last_day(x) AS last_day(x);
sf_monthname(x) AS strftime(x, '%b');
sf_dayname(x) AS strftime(x, '%a');
sf_current_date() AS CAST(getvariable('emulator_now') AS DATE);
sf_current_timestamp() AS CAST(getvariable('emulator_now') AS TIMESTAMPTZ);
sf_sysdate() AS CAST(getvariable('emulator_now') AS TIMESTAMP);
sf_getdate() AS CAST(getvariable('emulator_now') AS TIMESTAMPTZ);

sf_iff(condition, a, b) AS CASE WHEN condition THEN a ELSE b END;
sf_nvl(a, b) AS coalesce(a, b);
sf_ifnull(a, b) AS coalesce(a, b);
sf_nvl2(x, a, b) AS CASE WHEN x IS NOT NULL THEN a ELSE b END;
sf_nullif(a, b) AS nullif(a, b);
sf_zeroifnull(x) AS coalesce(x, 0);
sf_nullifzero(x) AS nullif(x, 0);
sf_equal_null(a, b) AS a IS NOT DISTINCT FROM b;
sf_greatest(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN greatest(a, b) END;
sf_least(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN least(a, b) END;
sf_div0(a, b) AS CASE WHEN b = 0 AND a IS NOT NULL THEN 0 ELSE sf__divide(a, b) END;

sf_lower(x) AS lower(sf__cast_string(x));
sf_upper(x) AS upper(replace(sf__cast_string(x), 'ß', 'SS'));
sf_trim(x) AS trim(sf__cast_string(x), ' ');
sf_trim(x, characters) AS trim(sf__cast_string(x), characters);
sf_ltrim(x) AS ltrim(sf__cast_string(x), ' ');
sf_ltrim(x, characters) AS ltrim(sf__cast_string(x), characters);
sf_rtrim(x) AS rtrim(sf__cast_string(x), ' ');
sf_rtrim(x, characters) AS rtrim(sf__cast_string(x), characters);
sf_length(x) AS length(sf__cast_string(x));
sf_len(x) AS length(sf__cast_string(x));
sf__from(x, start) AS CASE WHEN start < -length(x) THEN '' ELSE substr(x, CASE WHEN start = 0 THEN 1 ELSE start END) END;
sf_substr(x, start) AS sf__from(sf__cast_string(x), start);
sf_substr(x, start, count) AS CASE WHEN count < 0 THEN '' ELSE left(sf__from(sf__cast_string(x), start), count) END;
sf_substring(x, start) AS sf_substr(x, start);
sf_substring(x, start, count) AS sf_substr(x, start, count);
sf_left(x, count) AS sf_substr(x, 1, count);
sf_right(x, count) AS CASE WHEN count <= 0 THEN '' ELSE right(sf__cast_string(x), count) END;
sf_split_part(x, separator, part) AS CASE
    WHEN separator = '' THEN CASE WHEN abs(part) <= 1 THEN sf__cast_string(x) ELSE '' END
    ELSE split_part(sf__cast_string(x), separator, CASE WHEN part = 0 THEN 1 ELSE part END) END;
sf_replace(x, old, new) AS replace(sf__cast_string(x), old, new);
sf_replace(x, old) AS replace(sf__cast_string(x), old, '');
sf_contains(x, part) AS contains(sf__cast_string(x), part);
sf_startswith(x, part) AS starts_with(sf__cast_string(x), part);
sf_endswith(x, part) AS ends_with(sf__cast_string(x), part);
sf_charindex(part, x) AS instr(sf__cast_string(x), part);
sf_charindex(part, x, start) AS CASE
    WHEN start < 1 THEN ws_unsupported('CHARINDEX from position ' || start)
    WHEN instr(substr(sf__cast_string(x), start), part) = 0 THEN 0
    ELSE instr(substr(sf__cast_string(x), start), part) + start - 1 END;
sf_position(part, x) AS sf_charindex(part, x);
sf_position(part, x, start) AS sf_charindex(part, x, start);
sf_lpad(x, count, pad) AS lpad(sf__cast_string(x), CAST(count AS INTEGER), pad);
sf_rpad(x, count, pad) AS rpad(sf__cast_string(x), CAST(count AS INTEGER), pad);
sf_reverse(x) AS reverse(sf__cast_string(x));
sf_repeat(x, count) AS repeat(sf__cast_string(x), CAST(count AS BIGINT));
sf_md5(x) AS md5(sf__cast_string(x));
sf_sha2(x) AS sha256(sf__cast_string(x));
sf_sha2(x, bits) AS CASE WHEN bits = 256 THEN sha256(sf__cast_string(x)) ELSE ws_unsupported('SHA2 with other than 256 bits') END;

sf_abs(x) AS abs(x);
sf_ceil(x) AS ceil(x);
sf_floor(x) AS floor(x);
sf_round(x) AS round(x);
sf_round(x, places) AS round(x, CAST(places AS INTEGER));
sf_sign(x) AS sign(x);
sf_sqrt(x) AS sqrt(x);
sf_power(x, y) AS pow(CAST(x AS DOUBLE), CAST(y AS DOUBLE));

sf_parse_json(x) AS ws_json(nullif(trim(CAST(x AS VARCHAR)), ''));
sf_try_parse_json(x) AS CASE WHEN json_valid(CAST(x AS VARCHAR)) THEN CAST(x AS JSON) END;
sf__get_key(x, key) AS json_extract(CAST(x AS JSON), '$."' || key || '"');
sf__get_index(x, key) AS json_extract(CAST(x AS JSON), '$[' || key || ']');
sf_get(x, key VARCHAR) AS json_extract(CAST(x AS JSON), '$."' || key || '"');
sf_get(x, key BIGINT) AS json_extract(CAST(x AS JSON), '$[' || CAST(key AS VARCHAR) || ']');
sf_array_size(x) AS CASE WHEN json_type(CAST(x AS JSON)) = 'ARRAY' THEN json_array_length(CAST(x AS JSON)) END;
sf__flattened(x) AS CASE json_type(x)
    WHEN 'ARRAY' THEN [{'key': CAST(NULL AS VARCHAR), 'path': '[' || i || ']', 'index': i, 'value': json_extract(x, '$[' || i || ']')}
        FOR i IN range(0, CAST(json_array_length(x) AS BIGINT))]
    WHEN 'OBJECT' THEN [{'key': k, 'path': k, 'index': CAST(NULL AS BIGINT), 'value': json_extract(x, '$."' || k || '"')}
        FOR k IN json_keys(x)]
    ELSE [] END;
sf_flatten(x) AS TABLE
    SELECT 1 AS seq, e."key" AS "key", e.path AS path, e."index" AS "index", e.value AS value, x AS this
    FROM (SELECT unnest(sf__flattened(x)) AS e) AS entries;
sf__flatten_outer(x) AS TABLE
    SELECT 1 AS seq, e."key" AS "key", e.path AS path, e."index" AS "index", e.value AS value, x AS this
    FROM (SELECT unnest(CASE WHEN len(sf__flattened(x)) > 0 THEN sf__flattened(x)
        ELSE [{'key': CAST(NULL AS VARCHAR), 'path': CAST(NULL AS VARCHAR), 'index': CAST(NULL AS BIGINT), 'value': CAST(NULL AS JSON)}] END) AS e) AS entries;
sf_generator(rowcount) AS TABLE SELECT NULL AS column1 FROM range(CAST(rowcount AS BIGINT));
