//! Providers: their configuration, their own schemas, and the checks of pools against both.

use axum::Json;
use axum::extract::State;
use serde_json::value::RawValue;

use crate::api::{DurationBucket, ErrorBody, Provider, ProviderCall, ProviderCalls, ProviderDetails, paths};
use crate::control::ProviderFacts;
use crate::http::auth::Admin;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{ProviderName, values};
use crate::provider::{CommandCalls, InterfaceVersion, PoolContext, faults_of};

/// The providers of the server's configuration, by name.
#[utoipa::path(get, path = paths::PROVIDERS.template(), tag = "providers",
    responses((status = 200, body = Vec<Provider>), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn list_providers(_: Admin, State(app): State<App>) -> Json<Vec<Provider>> {
    Json(app.services.providers.values().map(shown).collect())
}

/// One provider, asked about itself.
#[utoipa::path(get, path = paths::PROVIDER.template(), tag = "providers", params(("name" = String, Path)),
    responses((status = 200, body = ProviderDetails), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_provider(
    _: Admin,
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<ProviderDetails>, Error> {
    let facts = app.services.providers.get(&ProviderName(name.clone())).ok_or_else(|| Error::not_found("provider", &name))?;
    let about = facts.describe(app.controller_id).await;
    Ok(Json(ProviderDetails {
        provider: shown(facts),
        executable: about.executable.display().to_string(),
        config_file: about.config_file.map(|path| path.display().to_string()).unwrap_or_default(),
        jit: facts.jit,
        interface_version: about.interface_version.to_string(),
        time_limit: about.time_limit.as_secs_f64(),
        max_parallel_calls: about.parallel,
        version: about.own.version,
        supported_interface_versions: about.own.interface_versions,
        config_schema: about.own.config_schema,
        extra_specs_schema: about.own.extra_specs_schema,
        calls: facts.provider.calls().into_iter().map(calls).collect(),
    }))
}

/// The provider that a pool or scale set is to have.
pub(super) fn named<'a>(app: &'a App, given: &str) -> Result<&'a ProviderFacts, Error> {
    let is_exact = app.services.providers.contains_key(given);
    let name = if is_exact { given } else { values::trim(given) };
    let unknown = || {
        let names: Vec<&str> = app.services.providers.keys().map(ProviderName::as_str).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Error::bad_request(format!("provider_name: there is no provider {name:?}; the server's configuration has: {known}"))
    };
    app.services.providers.get(name).ok_or_else(unknown)
}

/// Whether a provider can do with the extra specs of a pool or scale set, which is told by its id towards providers. The provider's schema decides, where
/// there is one. Its own word does, too, where it is called with a version of the interface that has one. A provider that cannot be asked is not in the
/// way.
pub(super) async fn check_extra_specs(app: &App, facts: &ProviderFacts, pool: &str, specs: Option<&RawValue>) -> Result<(), Error> {
    let about = facts.describe(app.controller_id).await;
    if let Some(schema) = &about.own.extra_specs_schema {
        match faults_of(schema, specs) {
            Ok(faults) if faults.is_empty() => {}
            Ok(faults) => {
                let way_out = format!("`garm provider show {}` tells what it accepts", facts.name);
                return Err(Error::bad_request(format!(
                    "extra_specs: provider {} does not accept them: {}; {way_out}",
                    facts.name,
                    faults.join("; ")
                )));
            }
            Err(fault) => {
                tracing::warn!(provider = %facts.name, error = %fault, "pools are not checked against the provider's schema: it is none");
            }
        }
    }
    let says_it_can = about.own.interface_versions.iter().any(|version| version == InterfaceVersion::V0_1_1.as_str());
    if about.interface_version == InterfaceVersion::V0_1_1 && says_it_can {
        let context = PoolContext { controller_id: app.controller_id, pool_id: pool.to_owned(), extra_specs: specs.map(ToOwned::to_owned) };
        let verdict = facts.validate_pool(&context).await;
        verdict.map_err(|fault| Error::bad_request(format!("extra_specs: provider {} does not accept the pool: {fault}", facts.name)))?;
    }
    Ok(())
}

fn shown(facts: &ProviderFacts) -> Provider {
    Provider { name: facts.name.to_string(), kind: "external".into(), description: facts.description.clone() }
}

fn calls(calls: CommandCalls) -> ProviderCalls {
    let last =
        calls.last.map(|last| ProviderCall { at: last.at, seconds: last.took.as_secs_f64(), fault: last.fault, stderr: last.stderr });
    ProviderCalls {
        command: calls.command.to_owned(),
        running: calls.running,
        ended: calls.ended,
        failed: calls.failed,
        seconds: calls.seconds,
        buckets: calls.buckets.into_iter().map(|(le, count)| DurationBucket { le, count }).collect(),
        last,
    }
}
