"""The functions that change hug's tables in a PostgreSQL database; see `schema`."""

from typing import Final

# All of the events are taken, or none, and it is said why: so there is nothing to be done for a part of them.
# Rows are locked in the order of their names, so two appends never wait for each other in a circle; leases
# after all channels, so that whoever waits for a channel holds up no lease. A plan made while a table is
# empty would read all of it for ever: no sequential scans.
APPEND: Final = """
CREATE OR REPLACE FUNCTION {append_3}(
    -- of each channel
    names text[], histories bigint[], sizes bigint[], ages float8[], given boolean[],
    closing boolean[], newest text[],
    -- of each row that its events take; the channels' are behind each other
    owners int[], counts int[], requests text[], lengths text[], bodies bytea[],
    -- of each run of requests: the channels of its events, and which ones of those that these get they are
    publishers text[], lows bigint[], highs bigint[], places text[], numbers text[],
    lease_names text[], lease_numbers bigint[]
) RETURNS text[]  -- 'taken', and the position before each channel's events; or what stands in the way
LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan {path} AS $body$
#variable_conflict use_column
DECLARE
    this_moment float8;
    several boolean := cardinality(names) > 1;
    channel_row {channels}%ROWTYPE;
    problems text[];
    starts bigint[] := ARRAY[]::bigint[];
    told text[] := ARRAY[]::text[];
    item int := 1;
    taken int;
    place bigint;
    bytes_before bigint;
    row_sizes int[];
    run_places int[]; run_numbers int[]; run_positions bigint[];
BEGIN
    LOOP
        IF several THEN
            PERFORM FROM {channels} WHERE name = ANY (names) ORDER BY name FOR NO KEY UPDATE;
        ELSE
            SELECT * INTO channel_row FROM {channels} WHERE name = names[1] FOR NO KEY UPDATE;
        END IF;
        GET DIAGNOSTICS taken = ROW_COUNT;
        EXIT WHEN taken = cardinality(names);
        INSERT INTO {channels} (name, life)
            SELECT name, left(md5(gen_random_uuid()::text), 16) FROM unnest(names) AS n (name) ORDER BY 1
            ON CONFLICT DO NOTHING;
    END LOOP;

    -- No two runs have a request in common: so the last that begins before, and later ones.
    FOR k IN 1 .. cardinality(publishers) LOOP
        place := coalesce((
            SELECT low FROM {runs} WHERE publisher = publishers[k] AND low <= lows[k]
            ORDER BY low DESC LIMIT 1
        ), lows[k]);
        SELECT problems || array_agg(concat_ws(' ', 'known', publisher, low, high, positions)) INTO problems
        FROM {runs}
        WHERE publisher = publishers[k] AND low >= place AND low <= highs[k] AND high >= lows[k];
    END LOOP;
    IF several THEN
        SELECT problems || array_agg('closed ' || name) INTO problems
        FROM {channels} WHERE name = ANY (names) AND closed;
    ELSIF channel_row.closed THEN
        problems := problems || ('closed ' || names[1]);
    END IF;
    IF lease_names IS NOT NULL THEN
        PERFORM FROM {leases} WHERE name = ANY (lease_names) ORDER BY name FOR SHARE;
        SELECT problems || array_agg(concat_ws(' ', 'lost', asked.number, asked.name)) INTO problems
        FROM unnest(lease_names, lease_numbers) AS asked (name, number)
        JOIN {leases} AS held ON held.name = asked.name AND held.number > asked.number;
    END IF;
    IF cardinality(problems) > 0 THEN
        RETURN problems;
    END IF;

    this_moment := extract(epoch FROM clock_timestamp());
    FOR i IN 1 .. cardinality(names) LOOP
        IF several THEN
            SELECT * INTO channel_row FROM {channels} WHERE name = names[i];
        END IF;
        starts := starts || channel_row.last;
        place := channel_row.last;
        WHILE owners[item] = i LOOP
            channel_row.last := channel_row.last + counts[item];
            INSERT INTO {events} (channel, position, requests, time, before, fields, sizes)
            VALUES (channel_row.id, channel_row.last, requests[item], this_moment, channel_row.bytes,
                bodies[item], lengths[item]::int[]);
            channel_row.bytes := channel_row.bytes + length(bodies[item]);
            item := item + 1;
        END LOOP;
        taken := channel_row.last - place;
        channel_row.closed := closing[i];
        channel_row.first_time := coalesce(channel_row.first_time, this_moment);
        channel_row.stored_time := coalesce(channel_row.stored_time, this_moment);
        IF given[i] OR channel_row.history IS NULL THEN
            channel_row.history := histories[i];
            channel_row.max_bytes := sizes[i];
            channel_row.max_age := ages[i];
        END IF;

        -- The bounds; a little more may be kept, so that looking for what is out of them is seldom.
        -- The end of a channel takes no event's place.
        place := greatest(channel_row.first, channel_row.last - channel_row.history + 1
            - (channel_row.closed AND channel_row.history > 0)::int);
        IF place - channel_row.first > least(channel_row.history / 16, 64)
            OR channel_row.bytes - channel_row.first_bytes - channel_row.max_bytes
                > channel_row.max_bytes / 16
            OR channel_row.first_time < this_moment - channel_row.max_age
        THEN
            bytes_before := channel_row.bytes - channel_row.max_bytes;
            SELECT position, before, time, coalesce(e.sizes, ARRAY[length(fields)])
            INTO channel_row.first, channel_row.first_bytes, channel_row.first_time, row_sizes
            FROM {events} AS e
            WHERE channel = channel_row.id AND position >= place AND before + length(fields) > bytes_before
                AND (channel_row.max_age IS NULL OR time >= this_moment - channel_row.max_age)
            ORDER BY channel, position LIMIT 1;
            IF FOUND THEN
                -- Of the events of that row, those that are out of the bounds, too.
                channel_row.first := channel_row.first - cardinality(row_sizes) + 1;
                FOR j IN 1 .. cardinality(row_sizes) LOOP
                    EXIT WHEN channel_row.first >= place AND channel_row.first_bytes >= bytes_before;
                    channel_row.first := channel_row.first + 1;
                    channel_row.first_bytes := channel_row.first_bytes + row_sizes[j];
                END LOOP;
                IF channel_row.first > channel_row.last THEN
                    channel_row.first_time := NULL;
                END IF;
            ELSE
                channel_row.first := channel_row.last + 1;
                channel_row.first_bytes := channel_row.bytes;
                channel_row.first_time := NULL;
            END IF;
        END IF;

        -- What is out of them stays a while; then it goes, many at a time.
        IF channel_row.first - channel_row.stored > 127
                AND channel_row.stored_time < this_moment - {remembered}
            OR channel_row.first_bytes - channel_row.stored_bytes > {live_bytes} / 8 * 9
        THEN
            place := channel_row.stored;
            SELECT
                CASE WHEN position >= channel_row.first THEN channel_row.first
                ELSE position - coalesce(cardinality(e.sizes), 1) + 1 END, before, time
            INTO channel_row.stored, channel_row.stored_bytes, channel_row.stored_time
            FROM {events} AS e
            WHERE channel = channel_row.id AND position >= place AND (
                position >= channel_row.first
                OR time >= this_moment - {remembered} AND before >= channel_row.first_bytes - {live_bytes}
                OR position >= place + 1000 + 2 * taken)
            ORDER BY channel, position LIMIT 1;
            IF NOT FOUND THEN
                channel_row.stored := channel_row.last + 1;
                channel_row.stored_bytes := channel_row.bytes;
                channel_row.stored_time := NULL;
            END IF;
            DELETE FROM {events}
            WHERE channel = channel_row.id AND position >= place AND position < channel_row.stored;
        END IF;

        UPDATE {channels} SET
            last = channel_row.last, last_request = newest[i], closed = channel_row.closed,
            bytes = channel_row.bytes, first = channel_row.first, first_bytes = channel_row.first_bytes,
            first_time = channel_row.first_time, stored = channel_row.stored,
            stored_bytes = channel_row.stored_bytes, stored_time = channel_row.stored_time,
            history = channel_row.history, max_bytes = channel_row.max_bytes,
            max_age = channel_row.max_age, touched = this_moment
        WHERE id = channel_row.id;
        told := told || (left(md5(names[i]), 16) || ':' || channel_row.last);
    END LOOP;

    FOR k IN 1 .. cardinality(publishers) LOOP
        run_places := places[k]::int[];
        run_numbers := numbers[k]::int[];
        run_positions := ARRAY[starts[run_places[1]] + run_numbers[1]];
        IF cardinality(run_places) > 1 THEN
            run_positions := ARRAY(
                SELECT starts[e.place] + e.number FROM unnest(run_places, run_numbers)
                    WITH ORDINALITY AS e (place, number, n) ORDER BY n);
        END IF;
        INSERT INTO {runs} (publisher, low, high, positions, time)
        VALUES (publishers[k], lows[k], highs[k], run_positions, this_moment);
    END LOOP;
    IF several THEN
        PERFORM pg_notify('hug_' || {channels_text}::regclass::oid, string_agg(item, ' ' ORDER BY n))
        FROM unnest(told) WITH ORDINALITY AS t (item, n) GROUP BY (n - 1) / 150;
    ELSIF pg_notify('hug_' || {channels_text}::regclass::oid, told[1]) IS NULL THEN
        NULL;  -- an expression costs a third of a query
    END IF;
    RETURN 'taken'::text || starts::text[];
END
$body$;
"""

# A little at a time, so that nobody who publishes waits for long, and one process at a time.
PRUNE: Final = """
CREATE OR REPLACE FUNCTION {prune_2}() RETURNS bigint  -- how much was done; 0: nothing is left to do
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    this_moment float8 := extract(epoch FROM clock_timestamp());
    work bigint := 0;
    done bigint;
    channel_row {channels}%ROWTYPE;
    place bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock({channels_text}::regclass::oid::bigint + {prune_lock}) THEN
        RETURN 0;
    END IF;
    DELETE FROM {runs} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM {runs} WHERE time < this_moment - {remembered} LIMIT 20000));
    GET DIAGNOSTICS done = ROW_COUNT;
    work := work + done;
    DELETE FROM {leases} WHERE until < this_moment - 86400;

    FOR place IN SELECT channel FROM {deleted} LIMIT 20 FOR UPDATE SKIP LOCKED LOOP
        DELETE FROM {events} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM {events} WHERE channel = place ORDER BY channel, position LIMIT 2000));
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done < 2000 THEN
            DELETE FROM {deleted} WHERE channel = place;
        END IF;
        work := work + done + 1;
    END LOOP;

    FOR channel_row IN
        SELECT * FROM {channels}
        WHERE first_time < this_moment - max_age
            OR stored < first AND stored_time < this_moment - {remembered}
        LIMIT 20 FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        IF channel_row.first_time < this_moment - channel_row.max_age THEN
            place := channel_row.first;
            SELECT greatest(place, position - coalesce(cardinality(sizes), 1) + 1),
                greatest(before, channel_row.first_bytes), time
            INTO channel_row.first, channel_row.first_bytes, channel_row.first_time
            FROM {events}
            WHERE channel = channel_row.id AND position >= place
                AND time >= this_moment - channel_row.max_age
            ORDER BY channel, position LIMIT 1;
            IF NOT FOUND THEN
                channel_row.first := channel_row.last + 1;
                channel_row.first_bytes := channel_row.bytes;
                channel_row.first_time := NULL;
            END IF;
        END IF;
        IF channel_row.stored < channel_row.first AND channel_row.stored_time < this_moment - {remembered}
        THEN
            place := channel_row.stored;
            SELECT
                CASE WHEN position >= channel_row.first THEN channel_row.first
                ELSE position - coalesce(cardinality(sizes), 1) + 1 END, before, time
            INTO channel_row.stored, channel_row.stored_bytes, channel_row.stored_time
            FROM {events}
            WHERE channel = channel_row.id AND position >= place AND (
                position >= channel_row.first OR time >= this_moment - {remembered}
                OR position >= place + 2000)
            ORDER BY channel, position LIMIT 1;
            IF NOT FOUND THEN
                channel_row.stored := channel_row.last + 1;
                channel_row.stored_bytes := channel_row.bytes;
                channel_row.stored_time := NULL;
            END IF;
            DELETE FROM {events}
            WHERE channel = channel_row.id AND position >= place AND position < channel_row.stored;
        END IF;
        UPDATE {channels} SET
            first = channel_row.first, first_bytes = channel_row.first_bytes,
            first_time = channel_row.first_time, stored = channel_row.stored,
            stored_bytes = channel_row.stored_bytes, stored_time = channel_row.stored_time
        WHERE id = channel_row.id;
        work := work + 1;
    END LOOP;

    WITH empty AS (
        DELETE FROM {channels} WHERE id = ANY (ARRAY(
            SELECT id FROM {channels} WHERE first > last AND touched < this_moment - {forgotten}
            LIMIT 1000 FOR UPDATE SKIP LOCKED))
        RETURNING id
    )
    INSERT INTO {deleted} SELECT id FROM empty ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN work + done;
END
$body$;
"""
