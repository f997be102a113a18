//! What the checks work with: the probe, the places, and the machines that were made.

use std::time::Duration;

use garm_provider_protocol::{Command, InterfaceVersion, ProviderInstance, exit_code};
use tokio::time::{Instant, sleep};

use super::judgement::Judgement;
use super::probe::Probe;
use super::question::{Place, Question};
use super::seen::Seen;
use super::suite::Settings;
use super::{answer, bootstrap};
use crate::crypto::random;
use crate::model::SecretString;

/// How long to wait before it is asked again whether something came true.
const PAUSE: Duration = Duration::from_millis(300);

/// How often machines that are left are deleted before they are given up.
const ROUNDS: usize = 5;

/// A machine that may exist.
struct Made {
    place: Place,
    name: String,
}

/// The probe, the places, and the machines that were made.
pub(super) struct Bench {
    pub(super) settings: Settings,
    pub(super) probe: Probe,
    /// The pool most checks are about.
    pub(super) here: Place,
    /// Another pool of the same installation.
    pub(super) next_door: Place,
    /// The same pool of another installation.
    pub(super) abroad: Place,
    pub(super) token: SecretString,
    /// What all names begin with, so that they can be told from others.
    prefix: String,
    made: Vec<Made>,
    /// Whether it was seen that installations are told apart: then everything that is listed in ours is ours.
    pub(super) apart: bool,
}

/// Whether a deletion with this status succeeded.
pub(super) fn is_deleted(status: i32) -> bool {
    status == 0 || status == i32::from(exit_code::NOT_FOUND)
}

impl Bench {
    pub(super) fn new(settings: Settings) -> Self {
        let token = bootstrap::token();
        let probe = Probe::new(&settings, bootstrap::extra_specs(None, &settings), token.clone());
        let uuid = || random::uuid().to_string();
        let here = Place { controller: uuid(), pool: uuid() };
        let next_door = Place { pool: uuid(), ..here.clone() };
        let abroad = Place { controller: uuid(), ..here.clone() };
        let prefix = format!("garm-check-{}", &random::uuid().simple().to_string()[..8]);
        Self { settings, probe, here, next_door, abroad, token, prefix, made: Vec::new(), apart: false }
    }

    /// A name nobody has.
    pub(super) fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.prefix)
    }

    /// Calls about a machine or none.
    pub(super) async fn ask(&mut self, command: Command, place: &Place, instance: Option<&str>) -> Seen {
        let question = Question::new(command, place);
        self.probe
            .ask(match instance {
                Some(instance) => question.instance(instance),
                None => question,
            })
            .await
    }

    /// The call that makes a machine; from here on it is looked for at the end.
    pub(super) fn creation(&mut self, place: &Place, name: &str, version: Option<InterfaceVersion>) -> Question {
        let document = bootstrap::document(&self.settings, &self.token, &place.pool, name);
        let stdin = serde_json::to_vec(&document).expect("the document has string keys only");
        let specs = bootstrap::extra_specs(Some(&document), &self.settings);
        if !name.is_empty() && !self.made.iter().any(|made| made.name == name && made.place == *place) {
            self.made.push(Made { place: place.clone(), name: name.to_owned() });
        }
        Question::new(Command::CreateInstance, place).version(version.unwrap_or(self.probe.version)).document(stdin, specs)
    }

    /// A creation with something else on standard input.
    pub(super) fn creation_with(&self, place: &Place, stdin: Vec<u8>) -> Question {
        let document = bootstrap::document(&self.settings, &self.token, &place.pool, "");
        Question::new(Command::CreateInstance, place).document(stdin, bootstrap::extra_specs(Some(&document), &self.settings))
    }

    /// The document as it stands on standard input.
    pub(super) fn document(&self, place: &Place, name: &str) -> Vec<u8> {
        let document = bootstrap::document(&self.settings, &self.token, &place.pool, name);
        serde_json::to_vec(&document).expect("the document has string keys only")
    }

    /// The machines of a pool, for checks that are about something else: why there is no list is told by those about lists.
    pub(super) async fn list(&mut self, place: &Place) -> Result<(Vec<ProviderInstance>, Seen), Judgement> {
        let seen = self.ask(Command::ListInstances, place, None).await;
        if seen.status()? != 0 {
            return Err(Judgement::skip(format!("ListInstances ended with {}: see list-unknown-pool and list-pool", seen.ending())));
        }
        let machines = answer::machines(&seen, &mut self.probe.conduct).map_err(|judgement| match judgement.verdict {
            super::Verdict::Fail => Judgement::skip("ListInstances printed no list: see list-unknown-pool"),
            _ => judgement,
        })?;
        Ok((machines, seen))
    }

    /// Asks again and again until `done` holds of the machines of a pool, or the time is up; returns the last list.
    pub(super) async fn list_until(
        &mut self,
        place: &Place,
        done: impl Fn(&[ProviderInstance]) -> bool,
    ) -> Result<(Vec<ProviderInstance>, Seen), Judgement> {
        let until = Instant::now() + self.probe.time_limit;
        loop {
            let (machines, seen) = self.list(place).await?;
            if done(&machines) || Instant::now() >= until {
                return Ok((machines, seen));
            }
            sleep(PAUSE).await;
        }
    }

    /// Asks again and again until the machine has the status, or the time is up; returns the last answer.
    pub(super) async fn status_until(&mut self, instance: &str, status: &str) -> Result<(ProviderInstance, Seen), Judgement> {
        let until = Instant::now() + self.probe.time_limit;
        let place = self.here.clone();
        loop {
            let seen = self.ask(Command::GetInstance, &place, Some(instance)).await;
            if seen.status()? != 0 {
                return Err(Judgement::skip(format!("GetInstance then ended with {}: see get-by-name", seen.ending())));
            }
            let machine = answer::machine(&seen, &mut self.probe.conduct)?;
            // A status that is missing or unknown is told of by `instance-json`.
            if machine.status == status || machine.validate().is_err() || Instant::now() >= until {
                return Ok((machine, seen));
            }
            sleep(PAUSE).await;
        }
    }

    /// Removes every machine that was made, as far as the provider can be brought to it; returns the names of those that are left.
    ///
    /// A cloud may finish a creation that was cut off when its machine has been deleted already: every pool is looked at once more.
    pub(super) async fn clean_up(&mut self) -> Vec<String> {
        let made = std::mem::take(&mut self.made);
        let mut left = Vec::new();
        for Made { place, name } in &made {
            if !self.remove(place, name).await {
                left.push(name.clone());
            }
        }
        let mut places: Vec<&Place> = Vec::new();
        for Made { place, .. } in &made {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        for place in places {
            let Ok((machines, _)) = self.list(place).await else { continue };
            for machine in machines {
                let ours = self.apart || machine.name.starts_with(&self.prefix);
                if ours && !left.contains(&machine.name) && !self.remove(place, &machine.name).await {
                    left.push(machine.name);
                }
            }
        }
        left
    }

    /// Removes whatever has this name, by name and by each id it is listed with. Whether nothing of that name is listed any more.
    pub(super) async fn remove(&mut self, place: &Place, name: &str) -> bool {
        for round in 0..ROUNDS {
            if round > 0 {
                sleep(PAUSE).await;
            }
            let by_name = self.probe.ask_anyhow(Question::new(Command::DeleteInstance, place).instance(name)).await;
            let seen = self.ask(Command::ListInstances, place, None).await;
            let listed =
                if seen.succeeded() { answer::machines(&seen, &mut self.probe.conduct) } else { seen.status().map(|_| Vec::new()) };
            // Without a list there is only the deletion's word.
            let Ok(listed) = listed else { return by_name.status().is_ok_and(is_deleted) };
            let ours: Vec<_> = listed.into_iter().filter(|machine| machine.name == name).collect();
            if ours.is_empty() {
                return true;
            }
            for machine in ours {
                self.probe.ask_anyhow(Question::new(Command::DeleteInstance, place).instance(&machine.provider_id)).await;
            }
        }
        false
    }
}
