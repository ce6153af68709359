//! What is done again and again, as functions of the database's.
//!
//! A session plans a function's statements once. Prepared statements would do the same, but behind a
//! pooler a name that one program has prepared may mean another one's statement; a function is the same
//! for all. One that has to change gets another name: programs of the version before go on calling theirs.

/// The step of the schema that brings them.
pub(super) const STEP: &str = "
    -- Takes the lease if it is free, has run out, or is the owner's already.
    CREATE FUNCTION evergrant.take_lease(name text, owner text, life float8, grace float8)
    RETURNS TABLE (provider text, realm text, access_token text, refresh_token text,
        paused boolean, document text, restored boolean, replaced text, version bigint,
        lease_epoch bigint)
    LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    BEGIN
        PERFORM set_config('synchronous_commit', 'off', true);
        RETURN QUERY
        INSERT INTO evergrant.connections AS c (id, lease_owner, lease_epoch, lease_until)
        VALUES (name, owner, 1, clock_timestamp() + life * interval '1 second')
        ON CONFLICT (id) DO UPDATE SET lease_owner = owner, lease_epoch = c.lease_epoch + 1,
            lease_until = clock_timestamp() + life * interval '1 second', spending = false
        WHERE c.lease_until IS NULL OR c.lease_owner = owner OR clock_timestamp() > c.lease_until
            + CASE WHEN c.spending THEN grace * interval '1 second' ELSE interval '0' END
        RETURNING c.provider, c.realm, c.access_token, c.refresh_token, c.paused, c.document,
            c.restored OR NOT (SELECT is_own FROM evergrant.lineage), c.replaced, c.version,
            c.lease_epoch;
    END $$;

    -- As long as nobody else has taken it, even if it has run out.
    CREATE FUNCTION evergrant.renew_lease(name text, owner text, epoch bigint, life float8)
    RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM set_config('synchronous_commit', 'off', true);
        UPDATE evergrant.connections SET lease_until = clock_timestamp() + life * interval '1 second'
        WHERE id = name AND lease_owner = owner AND lease_epoch = epoch;
        RETURN FOUND;
    END $$;

    CREATE FUNCTION evergrant.give_lease_back(name text, owner text, epoch bigint)
    RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM set_config('synchronous_commit', 'off', true);
        UPDATE evergrant.connections SET lease_owner = NULL, lease_until = NULL, spending = false
        WHERE id = name AND lease_owner = owner AND lease_epoch = epoch;
        RETURN FOUND;
    END $$;

    -- The server may be set to answer before a commit is durable; not where tokens are written.
    CREATE FUNCTION evergrant.commit_durably() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true);
    END $$;

    -- Writes the record, with what the change adds, if the lease is still of this epoch and the record
    -- still as it was read. What is restored, or in a database that came from elsewhere, isn't spent.
    CREATE FUNCTION evergrant.write_record(name text, owner text, epoch bigint,
        new_provider text, new_realm text, new_access text, new_refresh text, new_document text,
        new_generation bigint, is_spending boolean, old_version bigint, old_generation bigint,
        new_spent text[], held text, new_line text, is_trimming boolean, lines_kept bigint,
        is_restored boolean)
    RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM evergrant.commit_durably();
        UPDATE evergrant.connections SET provider = new_provider, realm = new_realm,
            access_token = new_access, refresh_token = new_refresh, document = new_document,
            generation = new_generation, version = version + 1, spending = is_spending,
            restored = restored AND is_restored,
            replaced = coalesce(new_spent[array_upper(new_spent, 1)], replaced),
            changed = CASE WHEN is_spending THEN changed ELSE pg_current_xact_id() END
        WHERE id = name AND lease_owner = owner AND lease_epoch = epoch
            AND version = old_version AND generation = old_generation
            AND NOT (is_spending AND (restored OR NOT (SELECT is_own FROM evergrant.lineage)));
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        IF held IS NOT NULL THEN
            DELETE FROM evergrant.spent WHERE id = name AND fingerprint = held;
        END IF;
        IF cardinality(new_spent) > 0 THEN
            INSERT INTO evergrant.spent (id, fingerprint) SELECT name, unnest(new_spent)
            ON CONFLICT DO NOTHING;
        END IF;
        INSERT INTO evergrant.story (id, line) VALUES (name, new_line);
        IF is_trimming THEN
            DELETE FROM evergrant.story WHERE id = name AND seq <= (
                SELECT old.seq FROM evergrant.story AS old WHERE old.id = name
                ORDER BY old.seq DESC LIMIT 1 OFFSET lines_kept);
        END IF;
        RETURN true;
    END $$;

    -- The same tokens in another form: nobody need look at them anew.
    CREATE FUNCTION evergrant.rewrite_tokens(name text, owner text, epoch bigint, new_access text,
        new_refresh text, old_version bigint)
    RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM evergrant.commit_durably();
        UPDATE evergrant.connections SET access_token = new_access, refresh_token = new_refresh,
            version = version + 1
        WHERE id = name AND lease_owner = owner AND lease_epoch = epoch AND version = old_version;
        RETURN FOUND;
    END $$;
    ";

/// Planned once a session, too: a plan for each set of values seems cheaper, and takes longer to make than
/// the write itself.
pub(super) const PLANNED_ONCE: &str = "
    ALTER FUNCTION evergrant.write_record SET plan_cache_mode = force_generic_plan;
    ";
