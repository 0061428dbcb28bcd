-- Functions and operators of Redshift.

rs__exact(x) AS CASE WHEN typeof(x) LIKE 'DECIMAL%' THEN ws_unsupported('division of NUMERIC') ELSE x END;
-- DuckDB truncates the quotient of integers, and of integers only.
rs__divide(a, b) AS CASE WHEN b = 0 THEN error('Divide by zero') ELSE rs__exact(a) // rs__exact(b) END;
rs__subtract(a, b) AS CASE
    WHEN typeof(a) LIKE 'TIMESTAMP%' OR typeof(b) LIKE 'TIMESTAMP%' THEN ws_unsupported('the difference of timestamps')
    ELSE a - b END;
rs_mod(a, b) AS CASE WHEN b = 0 THEN error('Divide by zero') ELSE a % b END;

rs__cast_string(x) AS CASE
    WHEN ws_is_float(x) THEN ws_float_text(TRY_CAST(ws_text(x) AS DOUBLE))
    WHEN typeof(x) = 'TIMESTAMP' OR typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN ws_text(x)
    WHEN typeof(x) = 'BOOLEAN' THEN ws_unsupported('the text of a boolean')
    WHEN ws_is_integer(x) OR typeof(x) LIKE 'DECIMAL%' OR typeof(x) IN ('VARCHAR', 'DATE', '"NULL"') THEN ws_text(x)
    ELSE ws_unsupported('the text of ' || typeof(x)) END;
-- "Results of explicit casts of values selected from tables are not rounded", unlike those of literals.
rs__cast_decimal(x, scale) AS CASE
    WHEN TRY_CAST(ws_text(x) AS DECIMAL(38, 12)) <> round(TRY_CAST(ws_text(x) AS DECIMAL(38, 12)), scale) THEN ws_unsupported('a cast to fewer digits')
    ELSE ws_text(x) END;
rs__cast_int(x) AS CASE
    WHEN typeof(x) = 'BOOLEAN' THEN CAST(ws_text(x) = 'true' AS BIGINT)
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(trim(ws_text(x)), '[+-]?[0-9]+') THEN error('Invalid digit, type: Integer')
    WHEN ws_is_float(x) THEN ws_unsupported('an integer of a float')
    ELSE CAST(rs__cast_decimal(x, 0) AS BIGINT) END;
rs__cast_float(x) AS CAST(ws_text(x) AS DOUBLE);
rs__cast_boolean(x) AS CASE
    WHEN lower(ws_text(x)) IN ('true', 't', 'yes', 'y', '1') THEN true
    WHEN lower(ws_text(x)) IN ('false', 'f', 'no', 'n', '0') THEN false
    WHEN ws_is_integer(x) THEN true
    WHEN x IS NOT NULL THEN error('invalid input syntax for type boolean: ' || ws_text(x)) END;
-- The text of a date or time, with dashes.
rs__time_text(x) AS regexp_replace(ws_text(x), '^(\d{4})(\d\d)(\d\d)\b', '\1-\2-\3');
rs__cast_date(x) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_matches(rs__time_text(x), '^\d{4}-\d\d-\d\d') THEN ws_unsupported('the date format of ' || ws_text(x))
    ELSE CAST(left(rs__time_text(x), 10) AS DATE) END;
rs__cast_timestamp(x) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(rs__time_text(x), '\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?') THEN ws_unsupported('the timestamp format of ' || ws_text(x))
    WHEN typeof(x) IN ('VARCHAR', 'DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', '"NULL"') THEN CAST(regexp_replace(rs__time_text(x), '\+00$', '') AS TIMESTAMP)
    ELSE ws_unsupported('a timestamp of ' || typeof(x)) END;
rs__cast_timestamptz(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', '"NULL"') THEN CAST(ws_text(x) AS TIMESTAMPTZ)
    ELSE ws_unsupported('a timestamp of ' || typeof(x)) END;

rs_concat(a, b) AS rs__cast_string(a) || rs__cast_string(b);
rs__add_interval(unit, n, x) AS CAST(x AS TIMESTAMP) + ws_step(unit, n);
-- A year after 29 February is 1 March, and 12 months after it are 28 February.
rs_dateadd(unit, n, x) AS CAST(x AS TIMESTAMP) + ws_step(unit, n)
    + to_days(CAST(unit = 'year' AND day(CAST(x AS TIMESTAMP) + ws_step(unit, n)) <> day(CAST(x AS TIMESTAMP)) AS INTEGER));
rs_datediff(unit, a, b) AS ws_diff(unit, a, b);
rs_date_trunc(unit, x) AS ws_trunc(unit, x);
rs_trunc(x TIMESTAMP) AS CAST(x AS DATE);
rs_date_part(unit, x) AS CASE unit
    WHEN 'dayofweek' THEN dayofweek(x)
    WHEN 'week' THEN weekofyear(x)
    WHEN 'epoch' THEN CAST(floor(epoch(CAST(x AS TIMESTAMP))) AS BIGINT)
    ELSE ws_part(unit, x) END;
rs_to_char(x TIMESTAMP, format) AS strftime(x, format);
rs_to_char(x DATE, format) AS strftime(x, format);
rs_to_char(x TIMESTAMPTZ, format) AS strftime(CAST(x AS TIMESTAMP), format);
rs_to_date(x, format) AS CAST(strptime(CAST(x AS VARCHAR), format) AS DATE);
rs_to_timestamp(x, format) AS CAST(strptime(CAST(x AS VARCHAR), format) AS TIMESTAMPTZ);
rs_last_day(x) AS last_day(x);
rs_getdate() AS CAST(getvariable('emulator_now') AS TIMESTAMP);
rs_sysdate() AS CAST(getvariable('emulator_now') AS TIMESTAMP);
rs_current_date() AS CAST(getvariable('emulator_now') AS DATE);

rs_nvl(a, b) AS coalesce(a, b);
rs_nvl2(x, a, b) AS CASE WHEN x IS NOT NULL THEN a ELSE b END;
rs_nullif(a, b) AS nullif(a, b);
rs_greatest(a, b) AS greatest(a, b);
rs_least(a, b) AS least(a, b);

rs_lower(x VARCHAR) AS lower(x);
rs_upper(x VARCHAR) AS upper(x);
rs_trim(x VARCHAR) AS trim(x, ' ');
rs_btrim(x VARCHAR) AS trim(x, ' ');
rs_btrim(x VARCHAR, characters) AS trim(x, characters);
rs_ltrim(x VARCHAR) AS ltrim(x, ' ');
rs_ltrim(x VARCHAR, characters) AS ltrim(x, characters);
rs_rtrim(x VARCHAR) AS rtrim(x, ' ');
rs_rtrim(x VARCHAR, characters) AS rtrim(x, characters);
rs_len(x VARCHAR) AS length(x);
rs_length(x VARCHAR) AS length(x);
rs_substring(x VARCHAR, start) AS substr(x, CASE WHEN start < 1 THEN 1 ELSE start END);
rs_substring(x VARCHAR, start, count) AS CASE
    WHEN start >= 1 THEN CASE WHEN count < 0 THEN '' ELSE substr(x, start, count) END
    WHEN count + start < 1 THEN '' ELSE substr(x, 1, count + start - 1) END;
rs_substr(x VARCHAR, start) AS rs_substring(x, start);
rs_substr(x VARCHAR, start, count) AS rs_substring(x, start, count);
rs_left(x VARCHAR, count) AS CASE WHEN count < 0 THEN ws_unsupported('LEFT with a negative length') ELSE left(x, count) END;
rs_right(x VARCHAR, count) AS CASE WHEN count < 0 THEN ws_unsupported('RIGHT with a negative length') ELSE right(x, count) END;
rs_split_part(x VARCHAR, separator, part) AS CASE WHEN part < 1 THEN error('field position must be greater than zero') ELSE split_part(x, separator, part) END;
rs_replace(x VARCHAR, old, new) AS replace(x, old, new);
rs_charindex(part, x VARCHAR) AS instr(x, part);
rs_strpos(x VARCHAR, part) AS instr(x, part);
rs_lpad(x VARCHAR, count, pad) AS lpad(x, CAST(count AS INTEGER), pad);
rs_rpad(x VARCHAR, count, pad) AS rpad(x, CAST(count AS INTEGER), pad);
rs_reverse(x VARCHAR) AS reverse(x);
rs_repeat(x VARCHAR, count) AS repeat(x, CAST(count AS BIGINT));
rs_md5(x VARCHAR) AS md5(x);
rs_sha2(x VARCHAR, bits) AS CASE WHEN bits IN (0, 256) THEN sha256(x) ELSE ws_unsupported('SHA2 with other than 256 bits') END;
rs_strtol(x VARCHAR, base) AS CASE
    WHEN base = 16 AND regexp_full_match(x, '(0[xX])?[0-9a-fA-F]{1,15}') THEN CAST('0x' || regexp_replace(x, '^0[xX]', '') AS BIGINT)
    WHEN base = 10 AND regexp_full_match(x, '-?[0-9]{1,18}') THEN CAST(x AS BIGINT)
    WHEN base = 2 AND regexp_full_match(x, '[01]{1,63}') THEN CAST('0b' || x AS BIGINT)
    WHEN base IN (2, 10, 16) THEN ws_unsupported('STRTOL of ' || x)
    ELSE ws_unsupported('STRTOL to the base ' || base) END;

rs_abs(x) AS abs(x);
rs_ceil(x) AS ceil(x);
rs_ceiling(x) AS ceil(x);
rs_floor(x) AS floor(x);
rs_round(x) AS round(x);
rs_round(x, places) AS round(x, CAST(places AS INTEGER));
rs_sign(x) AS sign(x);
rs_sqrt(x) AS sqrt(x);
rs_power(x, y) AS pow(CAST(x AS DOUBLE), CAST(y AS DOUBLE));

rs_json_extract_path_text(x, a VARCHAR) AS json_extract_string(CAST(x AS JSON), '$."' || a || '"');
rs_json_extract_path_text(x, a VARCHAR, b VARCHAR) AS json_extract_string(CAST(x AS JSON), '$."' || a || '"."' || b || '"');
rs_json_extract_path_text(x, a VARCHAR, b VARCHAR, c VARCHAR) AS json_extract_string(CAST(x AS JSON), '$."' || a || '"."' || b || '"."' || c || '"');
rs_json_array_length(x) AS json_array_length(CAST(x AS JSON));
rs_json_extract_array_element_text(x, i) AS json_extract_string(CAST(x AS JSON), '$[' || i || ']');
