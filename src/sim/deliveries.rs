//! Sends deliveries: signed, a bounded number at a time, each attempt written down with its outcome.
//!
//! Like GitHub it gives no guarantee of order and does not try again by itself; see [`super::Settings::retry_deliveries`].

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::forge::Forge;
use super::nouns::{Attempt, Delivery, Hook, Outcome};
use super::settings::{Settings, lot};
use super::state::State;
use crate::model::{SecretString, expose};

/// How many deliveries may be on their way at the same time, those included that are late on purpose.
const ON_THE_WAY: usize = 4096;
/// How many of them may wait for an answer.
const PARALLEL: usize = 32;

/// Sends the outbox until stopped. Deliveries that are on their way then go back to the outbox.
pub(super) async fn run(forge: Forge, client: reqwest::Client, stop: CancellationToken) {
    let (slots, wires) = (Arc::new(Semaphore::new(ON_THE_WAY)), Arc::new(Semaphore::new(PARALLEL)));
    let mut sending = JoinSet::new();
    let mut again = tokio::time::interval(Settings::REDELIVERY_PERIOD);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = forge.outbox().notified() => {}
            Some(_) = sending.join_next() => {}
            _ = again.tick() => {
                if forge.settings().retry_deliveries {
                    forge.redeliver_failed();
                }
            }
        }
        while let Ok(slot) = slots.clone().try_acquire_owned()
            && let Some((delivery, hook)) = forge.next_delivery()
        {
            let (forge, client, wires) = (forge.clone(), client.clone(), Arc::clone(&wires));
            sending.spawn(async move {
                let courier = forge.settings().courier;
                tokio::time::sleep(courier.delay + courier.jitter * u32::from(lot_of(&delivery, "late")) / 100).await;
                let wire = wires.acquire().await.expect("it is never closed");
                let attempt = send(&forge, &client, &delivery, &hook).await;
                drop(wire);
                forge.write(|state| state.note_attempt(delivery.id, attempt));
                drop(slot);
            });
        }
    }
    sending.shutdown().await;
    forge.write(State::recall_sending);
}

async fn send(forge: &Forge, client: &reqwest::Client, delivery: &Delivery, hook: &Hook) -> Attempt {
    let (at, timeout, url) = forge.read(|state| (state.now(), state.settings.delivery_timeout, state.url.clone()));
    let courier = forge.settings().courier;
    let attempt = |arrived, outcome| Attempt { id: 0, arrived, at, took: forge.read(State::now).since(at), outcome };
    if lot_of(delivery, "lost") < courier.lost_percent {
        return attempt(false, courier.lost_answer.map_or_else(|| Outcome::Unreachable("failed to connect".to_owned()), Outcome::Answered));
    }
    let request = client
        .post(&hook.url)
        .timeout(timeout)
        .header("Accept", "*/*")
        .header("Content-Type", "application/json")
        .header("User-Agent", "GitHub-Hookshot/0a1b2c3")
        .header("X-GitHub-Event", "workflow_job")
        .header("X-GitHub-Delivery", delivery.guid.to_string())
        .header("X-GitHub-Hook-ID", hook.id)
        .header("X-GitHub-Hook-Installation-Target-ID", hook.scope_id)
        .header("X-GitHub-Hook-Installation-Target-Type", hook.scope.hook_type())
        .header("X-GitHub-Enterprise-Host", url.trim_start_matches("http://"))
        .header("X-Hub-Signature-256", sign(&hook.secret, &delivery.body))
        .body(delivery.body.clone());
    if lot_of(delivery, "doubled") < courier.doubled_percent
        && let Some(copy) = request.try_clone()
        && let Err(err) = copy.send().await
    {
        tracing::debug!(error = %innermost(&err), "the copy of a delivery did not arrive");
    }
    let outcome = match request.send().await {
        Ok(response) => Outcome::Answered(response.status().as_u16()),
        Err(err) => Outcome::Unreachable(innermost(&err)),
    };
    attempt(true, outcome)
}

/// A number below 100 for the next attempt of a delivery.
fn lot_of(delivery: &Delivery, what: &str) -> u8 {
    lot(&format!("{} {} {} {what}", delivery.guid, delivery.hook_id, delivery.attempts.len()))
}

/// The innermost cause; the outer ones only repeat the URL.
fn innermost(err: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = err;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if err.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() }
}

fn sign(secret: &SecretString, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(expose(secret).as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}
