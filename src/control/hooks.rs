//! The webhook of an entity at its forge: looked for, installed, removed. Each is asked for by a person who waits for the answer, so nothing of it is
//! an effect of the planner.

use super::Services;
use crate::forge::{self, NewHook};
use crate::model::{Entity, ForgeHook};
use crate::store::{self, EntitySettings};

/// Why a webhook could not be looked for, installed or removed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The forge refused or failed.
    #[error(transparent)]
    Forge(#[from] forge::Error),
    /// There is no webhook of ours.
    #[error("hook not found")]
    Missing,
    /// There is one already.
    #[error("hook already installed: {0}")]
    Installed(String),
    /// The URL for webhooks is not set.
    #[error("the webhook URL of the installation is not set; set it with `garm controller update --webhook-url`")]
    NoUrl,
    /// The stored secret cannot be opened.
    #[error("the stored webhook secret cannot be opened; set another one first")]
    NoSecret,
    /// The one there is was made by hand for the address all installations share; it may belong to others.
    #[error("the webhook {0} was made by hand; remove it at the forge")]
    ByHand(String),
    /// The forge stored it, but does not use it.
    #[error("the forge made webhook {id}, but it is not active and delivers nothing; it was removed again")]
    Inactive {
        /// Its number.
        id: i64,
    },
    /// The forge stored something else than what was asked for.
    #[error("the forge made webhook {id}, but it delivers {events} and not {expected}; it was removed again")]
    OtherEvents {
        /// Its number.
        id: i64,
        /// The events that it delivers.
        events: String,
        /// The event that tells of jobs.
        expected: &'static str,
    },
}

/// The forge's client for the webhooks of one entity, with the addresses that tell whose a webhook is.
struct HookClient {
    forge: super::services::ForgeTurn,
    entity: Entity,
    /// Where deliveries for this installation go.
    url: String,
    /// The address all installations behind this host share.
    base: String,
    /// The event that tells of jobs.
    job_event: &'static str,
}

impl HookClient {
    async fn open(services: &Services, entity: &Entity) -> Result<Self, HookError> {
        let gone = || store::Error::NotFound { what: "entity", key: entity.id.to_string() };
        let view = services.store.entity_settings(entity.id).await?.ok_or_else(gone)?;
        if view.controller.webhook_url.is_empty() {
            return Err(HookError::NoUrl);
        }
        Ok(Self {
            forge: services.forge(&view).await?,
            url: view.controller.controller_webhook_url(),
            base: view.controller.webhook_url.clone(),
            job_event: forge::family(&view.endpoint)?.job_event,
            entity: view.entity,
        })
    }

    async fn hooks(&self) -> Result<Vec<ForgeHook>, HookError> {
        Ok(self.forge.list_hooks(&self.entity.at).await?)
    }
}

/// The webhook that delivers to this installation: its own or, without one, the one for the address that all installations share.
///
/// # Errors
/// [`HookError::Missing`]; when the forge fails.
pub async fn find_hook(services: &Services, entity: &Entity) -> Result<ForgeHook, HookError> {
    let client = HookClient::open(services, entity).await?;
    let hooks = client.hooks().await?;
    let at = |url: &str| hooks.iter().find(|hook| same(&hook.url, url)).cloned();
    at(&client.url).or_else(|| at(&client.base)).ok_or(HookError::Missing)
}

/// Whether the hook of the App that the credentials of these settings are of delivers to this installation.
///
/// # Errors
/// [`HookError::Missing`]; when the forge fails.
pub(super) async fn find_app_hook(services: &Services, view: &EntitySettings) -> Result<(), HookError> {
    let url = services.forge(view).await?.app_hook_url().await?;
    let addresses = [view.controller.controller_webhook_url(), view.controller.webhook_url.clone()];
    let is_ours = url.is_some_and(|url| addresses.iter().any(|address| same(address, &url)));
    if is_ours { Ok(()) } else { Err(HookError::Missing) }
}

/// Makes the webhook, makes sure that it delivers what is needed, and has it send a ping. That the ping is not sent is no failure.
///
/// # Errors
/// [`HookError::Installed`] when there is one; when the forge refuses.
pub async fn install_hook(services: &Services, entity: &Entity, insecure_ssl: bool) -> Result<ForgeHook, HookError> {
    let client = HookClient::open(services, entity).await?;
    let id = services.store.controller().await?.id.to_string();
    if let Some(hook) = client.hooks().await?.into_iter().find(|hook| same(&hook.url, &client.base) || hook.url.contains(&id)) {
        return Err(HookError::Installed(hook.url));
    }
    let secret = entity.webhook_secret.clone().ok_or(HookError::NoSecret)?;
    let new = NewHook { url: client.url.clone(), secret, insecure_ssl };
    let hook = client.forge.create_hook(&client.entity.at, new).await?;
    if !hook.active {
        client.forge.remove_hook(&client.entity.at, hook.id).await?;
        return Err(HookError::Inactive { id: hook.id });
    }
    if !hook.events.iter().any(|event| event == client.job_event || event == "*") {
        client.forge.remove_hook(&client.entity.at, hook.id).await?;
        return Err(HookError::OtherEvents { id: hook.id, events: hook.events.join(", "), expected: client.job_event });
    }
    if let Err(fault) = client.forge.ping_hook(&client.entity.at, hook.id).await {
        tracing::warn!(entity.id = %entity.id, hook.id = hook.id, error = %fault, "the forge does not ping the new webhook");
    }
    tracing::info!(entity.id = %entity.id, entity.name = %entity.at, hook.id = hook.id, "webhook installed");
    Ok(hook)
}

/// Removes the webhook of this installation; without one there is nothing to do.
///
/// # Errors
/// [`HookError::ByHand`] when there is only one that may belong to others; when the forge refuses.
pub async fn remove_hook(services: &Services, entity: &Entity) -> Result<(), HookError> {
    let client = HookClient::open(services, entity).await?;
    let hooks = client.hooks().await?;
    let Some(hook) = hooks.iter().find(|hook| same(&hook.url, &client.url)) else {
        return match hooks.into_iter().find(|hook| same(&hook.url, &client.base)) {
            Some(hook) => Err(HookError::ByHand(hook.url)),
            None => Ok(()),
        };
    };
    client.forge.remove_hook(&client.entity.at, hook.id).await?;
    tracing::info!(entity.id = %entity.id, entity.name = %entity.at, hook.id = hook.id, "webhook removed");
    Ok(())
}

/// Whether two addresses are the same, but for case and a slash at the end.
fn same(a: &str, b: &str) -> bool {
    a.trim_end_matches('/').eq_ignore_ascii_case(b.trim_end_matches('/'))
}
