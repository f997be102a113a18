//! The tables as diesel sees them; the truth is in `migrations/`.
//!
//! Identifiers are text, points in time microseconds since the Unix epoch, spans seconds, sealed columns bytes.

diesel::table! {
    controller (id) {
        id -> Text,
        metadata_url -> Text,
        callback_url -> Text,
        webhook_url -> Text,
        agent_url -> Text,
        minimum_job_age_backoff -> BigInt,
        ca_cert_bundle -> Nullable<Binary>,
        agent_releases_url -> Text,
        sync_agent_tools -> Bool,
        agent_version -> Text,
        allow_insecure_agent -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        username -> Text,
        email -> Text,
        full_name -> Text,
        password_hash -> Text,
        generation -> BigInt,
        is_admin -> Bool,
        enabled -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    endpoints (name) {
        name -> Text,
        description -> Text,
        kind -> Text,
        base_url -> Text,
        api_base_url -> Text,
        upload_base_url -> Text,
        ca_cert_bundle -> Nullable<Binary>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    credentials (id) {
        id -> BigInt,
        name -> Text,
        description -> Text,
        endpoint -> Text,
        secret -> Binary,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    entities (id) {
        id -> Text,
        kind -> Text,
        owner -> Text,
        name -> Text,
        endpoint -> Text,
        credentials_id -> BigInt,
        webhook_secret -> Binary,
        balancer -> Text,
        agent_mode -> Bool,
        failure -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        forge_number -> Nullable<BigInt>,
        rerun_lost -> BigInt,
        rerun_lost_per_day -> BigInt,
        more_credentials -> Text,
    }
}

diesel::table! {
    tools (entity_id) {
        entity_id -> Text,
        fetched_at -> BigInt,
        list -> Binary,
        versions -> Text,
    }
}

diesel::table! {
    entity_events (id) {
        id -> BigInt,
        entity_id -> Text,
        created_at -> BigInt,
        kind -> Text,
        level -> Text,
        message -> Text,
    }
}

diesel::table! {
    templates (id) {
        id -> BigInt,
        name -> Text,
        description -> Text,
        os_type -> Text,
        forge -> Text,
        owner -> Nullable<Text>,
        data -> Text,
        edited -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    pools (id) {
        id -> Text,
        entity_id -> Text,
        provider -> Text,
        image -> Text,
        flavor -> Text,
        os_type -> Text,
        os_arch -> Text,
        enabled -> Bool,
        max_runners -> BigInt,
        min_idle_runners -> BigInt,
        bootstrap_timeout -> BigInt,
        runner_prefix -> Text,
        runner_group -> Text,
        extra_specs -> Nullable<Text>,
        priority -> BigInt,
        template_id -> Nullable<BigInt>,
        enable_shell -> Bool,
        generation -> BigInt,
        rotate_below -> BigInt,
        keep_failed -> BigInt,
        rerun_lost -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    scale_sets (id) {
        id -> BigInt,
        entity_id -> Text,
        service_id -> Nullable<BigInt>,
        name -> Text,
        runner_group -> Text,
        disable_update -> Bool,
        state -> Text,
        extended_state -> Text,
        pseudo_pool_id -> Text,
        provider -> Text,
        image -> Text,
        flavor -> Text,
        os_type -> Text,
        os_arch -> Text,
        enabled -> Bool,
        max_runners -> BigInt,
        min_idle_runners -> BigInt,
        bootstrap_timeout -> BigInt,
        runner_prefix -> Text,
        extra_specs -> Nullable<Text>,
        template_id -> Nullable<BigInt>,
        enable_shell -> Bool,
        generation -> BigInt,
        rotate_below -> BigInt,
        keep_failed -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    scale_set_labels (scale_set_id, position) {
        scale_set_id -> BigInt,
        position -> BigInt,
        label -> Text,
    }
}

diesel::table! {
    scale_set_sessions (scale_set_id) {
        scale_set_id -> BigInt,
        kept -> Nullable<Text>,
        standing -> Nullable<Text>,
        assigned -> BigInt,
        counted_at -> BigInt,
        is_current -> Bool,
        capacity -> BigInt,
    }
}

diesel::table! {
    scale_set_memory (scale_set_id) {
        scale_set_id -> BigInt,
        memory -> Text,
    }
}

diesel::table! {
    pool_memory (pool_id) {
        pool_id -> Text,
        memory -> Text,
    }
}

diesel::table! {
    job_memory (job_id) {
        job_id -> BigInt,
        memory -> Text,
    }
}

diesel::table! {
    job_losses (job_id) {
        job_id -> BigInt,
        entity_id -> Text,
        run_id -> BigInt,
        is_open -> Bool,
        asked_at -> Nullable<BigInt>,
        attempt -> BigInt,
        loss -> Text,
    }
}

diesel::table! {
    pool_tags (pool_id, position) {
        pool_id -> Text,
        position -> BigInt,
        tag -> Text,
    }
}

diesel::table! {
    jobs (id) {
        id -> BigInt,
        endpoint -> Text,
        workflow_job_id -> BigInt,
        run_id -> BigInt,
        name -> Text,
        status -> Text,
        conclusion -> Text,
        labels -> Text,
        repository_owner -> Text,
        repository_name -> Text,
        run_url -> Text,
        forge_runner_id -> BigInt,
        runner_name -> Text,
        runner_group_id -> BigInt,
        runner_group_name -> Text,
        runner_id -> Nullable<Text>,
        repository_id -> Nullable<Text>,
        organization_id -> Nullable<Text>,
        enterprise_id -> Nullable<Text>,
        instance_id -> Nullable<Text>,
        claimed_by -> Nullable<Text>,
        reason -> Nullable<Text>,
        queued_at -> BigInt,
        started_at -> Nullable<BigInt>,
        completed_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        repository_number -> Nullable<BigInt>,
        matched_at -> BigInt,
        run_attempt -> BigInt,
        scale_set_id -> Nullable<BigInt>,
        service_job_id -> Nullable<Text>,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt,
        guid -> Nullable<Text>,
        signed -> Bool,
        hook_id -> BigInt,
        target -> Text,
        target_id -> Nullable<BigInt>,
        event -> Text,
        action -> Text,
        job -> Nullable<BigInt>,
        entity_id -> Nullable<Text>,
        entity -> Text,
        verdict -> Text,
        reason -> Text,
        copies -> BigInt,
        received_at -> BigInt,
        last_at -> BigInt,
    }
}

diesel::table! {
    api_holds (credentials_id, holder) {
        credentials_id -> BigInt,
        holder -> Text,
        held -> BigInt,
        spent -> Text,
    }
}

diesel::table! {
    registered_runners (entity_id, second) {
        entity_id -> Text,
        second -> BigInt,
        count -> BigInt,
    }
}

diesel::table! {
    task_places (kind, subject) {
        kind -> Text,
        subject -> Text,
        place -> Text,
    }
}

diesel::table! {
    listed_repositories (kind, subject, number) {
        kind -> Text,
        subject -> Text,
        number -> BigInt,
        owner -> Text,
        name -> Text,
        active_at -> BigInt,
        listed_at -> BigInt,
        not_before -> BigInt,
        queued_tag -> Nullable<Text>,
        running_tag -> Nullable<Text>,
    }
}

diesel::table! {
    old_webhook_secrets (entity_id) {
        entity_id -> Text,
        secret -> Binary,
        until -> BigInt,
    }
}

diesel::table! {
    redeliveries (kind, subject, guid) {
        kind -> Text,
        subject -> Text,
        guid -> Text,
        hook_id -> BigInt,
        delivery_id -> BigInt,
        class -> BigInt,
        asked -> BigInt,
        next_at -> BigInt,
        delivered_at -> BigInt,
    }
}

diesel::table! {
    runners (id) {
        id -> Text,
        name -> Text,
        pool_id -> Nullable<Text>,
        scale_set_id -> Nullable<BigInt>,
        entity_id -> Text,
        provider -> Text,
        provider_id -> Nullable<Text>,
        agent_id -> Nullable<BigInt>,
        status -> Text,
        runner_status -> Text,
        os_type -> Text,
        os_arch -> Text,
        runner_group -> Text,
        made_for -> Nullable<BigInt>,
        job_id -> Nullable<BigInt>,
        token_fetched -> Bool,
        create_attempt -> BigInt,
        callback_url -> Text,
        metadata_url -> Text,
        generation -> BigInt,
        fault -> Text,
        create_deadline -> Nullable<BigInt>,
        failures -> BigInt,
        not_before -> Nullable<BigInt>,
        deregistered -> Bool,
        proven -> Bool,
        reason -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        status_at -> BigInt,
        runner_status_at -> BigInt,
    }
}

diesel::table! {
    runner_creations (runner_id) {
        runner_id -> Text,
        offered -> Nullable<Text>,
        reported -> Nullable<Text>,
        earlier_deadline -> Nullable<BigInt>,
        os_name -> Text,
        os_version -> Text,
    }
}

diesel::table! {
    runner_addresses (runner_id, position) {
        runner_id -> Text,
        position -> BigInt,
        address -> Text,
        kind -> Text,
    }
}

diesel::table! {
    registrations (runner_id) {
        runner_id -> Text,
        jit -> Binary,
    }
}

diesel::table! {
    install_logs (runner_id) {
        runner_id -> Text,
        log -> Text,
    }
}

diesel::table! {
    autopsies (id) {
        id -> BigInt,
        runner_id -> Text,
        name -> Text,
        pool_id -> Nullable<Text>,
        scale_set_id -> Nullable<BigInt>,
        entity_id -> Text,
        provider -> Text,
        provider_id -> Nullable<Text>,
        made_for -> Nullable<BigInt>,
        cause -> Text,
        reason -> Text,
        fault -> Text,
        messages -> Text,
        log -> Text,
        created_at -> BigInt,
        failed_at -> BigInt,
    }
}

diesel::table! {
    status_messages (id) {
        id -> BigInt,
        runner_id -> Text,
        created_at -> BigInt,
        kind -> Text,
        level -> Text,
        message -> Text,
    }
}

diesel::table! {
    changes (seq) {
        seq -> BigInt,
        kind -> Text,
        op -> Text,
        key -> Text,
        entity_id -> Nullable<Text>,
    }
}

diesel::table! {
    canary (id) {
        id -> BigInt,
        sealed -> Binary,
    }
}

diesel::table! {
    replicas (id) {
        id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    leases (kind, subject) {
        kind -> Text,
        subject -> Text,
        holder -> Text,
        generation -> BigInt,
    }
}

diesel::table! {
    vanished_runners (name) {
        name -> Text,
        pool_id -> Nullable<Text>,
        scale_set_id -> Nullable<BigInt>,
        made_for -> Nullable<BigInt>,
        vanished_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(pools, pool_tags, runners, runner_addresses, entities, endpoints, credentials);
diesel::joinable!(job_memory -> jobs (job_id));
diesel::joinable!(job_losses -> jobs (job_id));
diesel::allow_tables_to_appear_in_same_query!(jobs, job_losses);
diesel::allow_tables_to_appear_in_same_query!(jobs, job_memory);
diesel::allow_tables_to_appear_in_same_query!(jobs, runners);
diesel::joinable!(pool_tags -> pools (pool_id));
diesel::joinable!(tools -> entities (entity_id));
diesel::allow_tables_to_appear_in_same_query!(tools, entities);
