CREATE TABLE IF NOT EXISTS "hug_channels" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    life text NOT NULL,
    last bigint NOT NULL DEFAULT 0,            -- position of the newest event there has ever been
    last_request text NOT NULL DEFAULT '',
    closed boolean NOT NULL DEFAULT false,
    bytes bigint NOT NULL DEFAULT 0,           -- of all events there have ever been
    first bigint NOT NULL DEFAULT 1,           -- the oldest event within the bounds; last + 1: there is none
    first_bytes bigint NOT NULL DEFAULT 0,     -- of all events before it
    first_time float8,                         -- when it came
    stored bigint NOT NULL DEFAULT 1,          -- the oldest that is still in the table, for live feeds
    stored_bytes bigint NOT NULL DEFAULT 0,
    stored_time float8,
    history bigint,                            -- most events within the bounds; NULL: none was published yet
    max_bytes bigint,                          -- most bytes of them
    max_age float8,                            -- seconds
    touched float8 NOT NULL DEFAULT 0          -- when the newest came
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS "hug_events" (
    channel bigint NOT NULL,
    position bigint NOT NULL,
    request text COLLATE "C" NOT NULL,
    time float8 NOT NULL,                      -- seconds since 1970, by the database's clock
    before bigint NOT NULL,                    -- bytes of all events before it
    fields bytea NOT NULL,
    PRIMARY KEY (channel, position),
    UNIQUE (channel, request)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.2);
CREATE TABLE IF NOT EXISTS "hug_requests" (        -- of events that are no longer in the table
    channel bigint NOT NULL,
    request text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    time float8 NOT NULL,
    PRIMARY KEY (channel, request)
);
CREATE TABLE IF NOT EXISTS "hug_deleted" (channel bigint PRIMARY KEY);  -- whose events are still to be deleted
CREATE TABLE IF NOT EXISTS "hug_leases" (
    name text COLLATE "C" PRIMARY KEY,
    holder text NOT NULL,
    number bigint NOT NULL,
    until float8 NOT NULL
);
CREATE TABLE IF NOT EXISTS "hug_facts" (version int NOT NULL, oldest int NOT NULL);
INSERT INTO "hug_facts" SELECT 1, 1 WHERE NOT EXISTS (SELECT FROM "hug_facts");

CREATE OR REPLACE FUNCTION "hug_append_1"(
    names text[], counts int[], histories bigint[], sizes bigint[], ages float8[], given boolean[],
    requests text[], bodies bytea[], lease_names text[], lease_numbers bigint[]
) RETURNS bigint[]  -- the position of each event; 0: the channel is closed; -1: the lease is lost
LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $body$
#variable_conflict use_column
DECLARE
    this_moment float8;
    answers bigint[] := ARRAY[]::bigint[];
    answer bigint[];
    told text[] := ARRAY[]::text[];
    channel_row "hug_channels"%ROWTYPE;
    low int := 1;
    high int;
    place bigint;
    taken int;
    shut boolean;
    fresh boolean;  -- none of the events was taken before
    own_requests text[]; own_bodies bytea[];  -- of a channel: slices are made once
BEGIN
    IF cardinality(names) > 1 THEN
        LOOP
            PERFORM FROM "hug_channels" WHERE name = ANY (names) ORDER BY name FOR NO KEY UPDATE;
            GET DIAGNOSTICS taken = ROW_COUNT;
            EXIT WHEN taken = cardinality(names);
            INSERT INTO "hug_channels" (name, life)
                SELECT name, left(md5(gen_random_uuid()::text), 16) FROM unnest(names) AS n (name) ORDER BY 1
                ON CONFLICT DO NOTHING;
        END LOOP;
    END IF;
    FOR i IN 1 .. cardinality(names) LOOP
        high := low + counts[i] - 1;
        own_requests := requests[low:high];
        own_bodies := bodies[low:high];
        LOOP
            SELECT * INTO channel_row FROM "hug_channels" WHERE name = names[i] FOR NO KEY UPDATE;
            EXIT WHEN FOUND;
            INSERT INTO "hug_channels" (name, life) VALUES (names[i], left(md5(gen_random_uuid()::text), 16))
                ON CONFLICT DO NOTHING;
        END LOOP;
        IF i = 1 AND lease_names IS NOT NULL THEN
            PERFORM FROM "hug_leases" WHERE name = ANY (lease_names) ORDER BY name FOR SHARE;
        END IF;
        this_moment := extract(epoch FROM clock_timestamp());

        -- Those that were taken before have their position already; as a rule, there are none.
        fresh := low < high AND NOT EXISTS (
            SELECT FROM "hug_events" WHERE channel = channel_row.id AND request = ANY (own_requests)
            UNION ALL
            SELECT FROM "hug_requests" WHERE channel = channel_row.id AND request = ANY (own_requests)
        );
        IF low = high THEN
            SELECT ARRAY[(
                SELECT position FROM "hug_events" WHERE channel = channel_row.id AND request = requests[low]
                UNION ALL
                SELECT position FROM "hug_requests" WHERE channel = channel_row.id AND request = requests[low]
                LIMIT 1
            )] INTO answer;
        ELSIF fresh THEN
            answer := array_fill(NULL::bigint, ARRAY[counts[i]]);
        ELSE
            SELECT array_agg(known.position ORDER BY asked.n) INTO answer
            FROM unnest(own_requests) WITH ORDINALITY AS asked (request, n)
            LEFT JOIN LATERAL (
                SELECT position FROM "hug_events" WHERE channel = channel_row.id AND request = asked.request
                UNION ALL
                SELECT position FROM "hug_requests" WHERE channel = channel_row.id AND request = asked.request
                LIMIT 1
            ) AS known ON true;
        END IF;
        IF lease_names IS NOT NULL THEN
            SELECT array_agg(
                CASE WHEN asked.position IS NULL AND asked.number < held.number THEN -1
                ELSE asked.position END
                ORDER BY asked.n
            ) INTO answer
            FROM unnest(answer, lease_names[low:high], lease_numbers[low:high])
                WITH ORDINALITY AS asked (position, lease, number, n)
            LEFT JOIN "hug_leases" AS held ON held.name = asked.lease;
        END IF;

        taken := 0;
        shut := channel_row.closed;
        place := channel_row.last;
        IF fresh AND NOT shut AND array_position(answer, -1::bigint) IS NULL
            AND array_position(own_bodies, ''::bytea) IS NULL
        THEN
            taken := counts[i];
            answer := ARRAY(SELECT generate_series(place + 1, place + taken));
            channel_row.last_request := own_requests[counts[i]];
        ELSE FOR j IN low .. high LOOP
            CONTINUE WHEN answer[j - low + 1] IS NOT NULL;
            IF shut THEN
                answer[j - low + 1] := 0;
            ELSE
                taken := taken + 1;
                answer[j - low + 1] := place + taken;
                channel_row.last_request := own_requests[j - low + 1];
                shut := length(own_bodies[j - low + 1]) = 0;
            END IF;
        END LOOP; END IF;

        IF taken > 0 THEN
            IF low = high THEN
                INSERT INTO "hug_events" VALUES
                    (channel_row.id, place + 1, requests[low], this_moment, channel_row.bytes, bodies[low]);
                channel_row.bytes := channel_row.bytes + length(bodies[low]);
            ELSE
                INSERT INTO "hug_events"
                SELECT channel_row.id, position, request, this_moment,
                    channel_row.bytes + sum(length(fields)) OVER (ORDER BY position) - length(fields), fields
                FROM unnest(answer, own_requests, own_bodies) AS e (position, request, fields)
                WHERE position > place;
                SELECT channel_row.bytes + coalesce(sum(length(fields)), 0) INTO channel_row.bytes
                FROM unnest(answer, own_bodies) AS e (position, fields)
                WHERE position > place;
            END IF;
            channel_row.last := place + taken;
            channel_row.closed := shut;
            channel_row.touched := this_moment;
            channel_row.first_time := coalesce(channel_row.first_time, this_moment);
            channel_row.stored_time := coalesce(channel_row.stored_time, this_moment);
            IF given[i] OR channel_row.history IS NULL THEN
                channel_row.history := histories[i];
                channel_row.max_bytes := sizes[i];
                channel_row.max_age := ages[i];
            END IF;

            -- The bounds; a little more may be kept, so that looking for what is out of them is seldom.
            place := greatest(channel_row.first, channel_row.last - channel_row.history + 1);
            IF place - channel_row.first > least(channel_row.history / 16, 64)
                OR channel_row.bytes - channel_row.first_bytes - channel_row.max_bytes
                    > channel_row.max_bytes / 16
                OR channel_row.first_time < this_moment - channel_row.max_age
            THEN
                SELECT position, before, time
                INTO channel_row.first, channel_row.first_bytes, channel_row.first_time
                FROM "hug_events"
                WHERE channel = channel_row.id AND position >= place
                    AND before >= channel_row.bytes - channel_row.max_bytes
                    AND (channel_row.max_age IS NULL OR time >= this_moment - channel_row.max_age)
                ORDER BY channel, position LIMIT 1;
                IF NOT FOUND THEN
                    channel_row.first := channel_row.last + 1;
                    channel_row.first_bytes := channel_row.bytes;
                    channel_row.first_time := NULL;
                END IF;
            END IF;

            -- What is out of them stays a while; then it goes, many at a time.
            IF channel_row.first - channel_row.stored > 127
                    AND channel_row.stored_time < this_moment - 150
                OR channel_row.first_bytes - channel_row.stored_bytes > 16777216 / 8 * 9
            THEN
                place := channel_row.stored;
                SELECT position, before, time
                INTO channel_row.stored, channel_row.stored_bytes, channel_row.stored_time
                FROM "hug_events"
                WHERE channel = channel_row.id AND position >= place AND (
                    position >= channel_row.first
                    OR time >= this_moment - 150 AND before >= channel_row.first_bytes - 16777216
                    OR position >= place + 1000 + 2 * taken)
                ORDER BY channel, position LIMIT 1;
                IF NOT FOUND THEN
                    channel_row.stored := channel_row.last + 1;
                    channel_row.stored_bytes := channel_row.bytes;
                    channel_row.stored_time := NULL;
                END IF;
                WITH gone AS (
                    DELETE FROM "hug_events"
                    WHERE channel = channel_row.id AND position >= place AND position < channel_row.stored
                    RETURNING channel, request, position, time
                )
                INSERT INTO "hug_requests"
                SELECT channel, request, position, time FROM gone WHERE time >= this_moment - 150
                ON CONFLICT DO NOTHING;
            END IF;

            UPDATE "hug_channels" SET
                last = channel_row.last, last_request = channel_row.last_request, closed = channel_row.closed,
                bytes = channel_row.bytes, first = channel_row.first, first_bytes = channel_row.first_bytes,
                first_time = channel_row.first_time, stored = channel_row.stored,
                stored_bytes = channel_row.stored_bytes, stored_time = channel_row.stored_time,
                history = channel_row.history, max_bytes = channel_row.max_bytes,
                max_age = channel_row.max_age, touched = channel_row.touched
            WHERE id = channel_row.id;
            told := told || (left(md5(names[i]), 16) || ':' || channel_row.last);
        END IF;
        answers := answers || answer;
        low := high + 1;
    END LOOP;
    IF cardinality(told) > 1 THEN
        PERFORM pg_notify('hug_' || '"hug_channels"'::regclass::oid, string_agg(item, ' ' ORDER BY n))
        FROM unnest(told) WITH ORDINALITY AS t (item, n) GROUP BY (n - 1) / 150;
    ELSIF told[1] IS NOT NULL AND pg_notify('hug_' || '"hug_channels"'::regclass::oid, told[1]) IS NULL THEN
        NULL;  -- an expression costs a third of a query
    END IF;
    RETURN answers;
END
$body$;

CREATE OR REPLACE FUNCTION "hug_prune_1"() RETURNS bigint  -- how much was done; 0: nothing is left to do
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    this_moment float8 := extract(epoch FROM clock_timestamp());
    work bigint := 0;
    done bigint;
    channel_row "hug_channels"%ROWTYPE;
    place bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock('"hug_channels"'::regclass::oid::bigint + 29402482819989504) THEN
        RETURN 0;
    END IF;
    DELETE FROM "hug_requests" WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM "hug_requests" WHERE time < this_moment - 150 LIMIT 5000));
    GET DIAGNOSTICS done = ROW_COUNT;
    work := work + done;
    DELETE FROM "hug_leases" WHERE until < this_moment - 86400;

    FOR place IN SELECT channel FROM "hug_deleted" LIMIT 20 FOR UPDATE SKIP LOCKED LOOP
        DELETE FROM "hug_events" WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM "hug_events" WHERE channel = place ORDER BY channel, position LIMIT 2000));
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done < 2000 THEN
            DELETE FROM "hug_deleted" WHERE channel = place;
        END IF;
        work := work + done + 1;
    END LOOP;

    FOR channel_row IN
        SELECT * FROM "hug_channels"
        WHERE first_time < this_moment - max_age
            OR stored < first AND stored_time < this_moment - 150
        LIMIT 20 FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        IF channel_row.first_time < this_moment - channel_row.max_age THEN
            SELECT position, before, time
            INTO channel_row.first, channel_row.first_bytes, channel_row.first_time
            FROM "hug_events"
            WHERE channel = channel_row.id AND position >= channel_row.first
                AND time >= this_moment - channel_row.max_age
            ORDER BY channel, position LIMIT 1;
            IF NOT FOUND THEN
                channel_row.first := channel_row.last + 1;
                channel_row.first_bytes := channel_row.bytes;
                channel_row.first_time := NULL;
            END IF;
        END IF;
        IF channel_row.stored < channel_row.first AND channel_row.stored_time < this_moment - 150
        THEN
            place := channel_row.stored;
            SELECT position, before, time
            INTO channel_row.stored, channel_row.stored_bytes, channel_row.stored_time
            FROM "hug_events"
            WHERE channel = channel_row.id AND position >= place AND (
                position >= channel_row.first OR time >= this_moment - 150
                OR position >= place + 2000)
            ORDER BY channel, position LIMIT 1;
            IF NOT FOUND THEN
                channel_row.stored := channel_row.last + 1;
                channel_row.stored_bytes := channel_row.bytes;
                channel_row.stored_time := NULL;
            END IF;
            DELETE FROM "hug_events"
            WHERE channel = channel_row.id AND position >= place AND position < channel_row.stored;
        END IF;
        UPDATE "hug_channels" SET
            first = channel_row.first, first_bytes = channel_row.first_bytes,
            first_time = channel_row.first_time, stored = channel_row.stored,
            stored_bytes = channel_row.stored_bytes, stored_time = channel_row.stored_time
        WHERE id = channel_row.id;
        work := work + 1;
    END LOOP;

    WITH empty AS (
        DELETE FROM "hug_channels" WHERE id = ANY (ARRAY(
            SELECT id FROM "hug_channels" WHERE first > last AND touched < this_moment - 3600
            LIMIT 1000 FOR UPDATE SKIP LOCKED))
        RETURNING id
    )
    INSERT INTO "hug_deleted" SELECT id FROM empty ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN work + done;
END
$body$;
