//! Tests of the service: the model by itself, the routes, and the shapes of what they answer.

mod model;
mod routes;
mod samples;
mod sessions;

use uuid::Uuid;

use super::nouns::{Message, News};
use super::sets::{LabelChange, ScaleSetChange};
use crate::clock::{Clock, VirtualClock};
use crate::sim::forge::Forge;
use crate::sim::nouns::{Conclusion, NewJob, Scope};

/// The forge on virtual time.
struct Scene {
    forge: Forge,
    clock: VirtualClock,
}

/// A scale set with an open session.
struct Listener<'a> {
    scene: &'a Scene,
    id: i64,
    session: Uuid,
}

fn repository() -> Scope {
    Scope::repository("octo", "hello")
}

fn job(labels: &[&str]) -> NewJob {
    NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: "build".into(),
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        steps: vec!["true".into()],
    }
}

fn wanted(name: &str, labels: &[&str]) -> ScaleSetChange {
    let labels = labels.iter().map(|&name| LabelChange { kind: String::new(), name: name.to_owned() }).collect();
    ScaleSetChange { name: Some(name.to_owned()), labels: Some(labels), ..ScaleSetChange::default() }
}

impl Scene {
    fn new() -> Self {
        let clock = VirtualClock::default();
        Self { forge: Forge::new(Clock::Virtual(clock.clone())), clock }
    }

    /// A new scale set of an entity, with a listener.
    fn listener(&self, scope: &Scope, labels: &[&str]) -> Listener<'_> {
        let (name, labels) = (labels.join("-"), labels);
        let id = self.forge.write(|state| state.create_scale_set(scope, wanted(&name, labels))).expect("made");
        self.session(id)
    }

    /// A session of a scale set.
    fn session(&self, id: i64) -> Listener<'_> {
        let session = self.forge.write(|state| state.open_message_session(id, "listener")).expect("opened");
        Listener { scene: self, id, session }
    }

    fn queue(&self, labels: &[&str]) -> i64 {
        self.forge.queue_job(job(labels))
    }

    fn queue_many(&self, count: usize, labels: &[&str]) -> Vec<i64> {
        (0..count).map(|_| self.queue(labels)).collect()
    }

    /// Connects a runner that waits for a job; gives its session.
    fn connect(&self, runner: i64) -> i64 {
        let session = self.forge.write(|state| state.open_session(runner, "2.330.0")).expect("connected");
        self.forge.write(|state| state.begin_poll(runner, session)).expect("waits");
        session
    }

    /// The job that a runner has been given.
    fn given(&self, runner: i64, session: i64) -> Option<i64> {
        self.forge.write(|state| state.assignment(runner, session)).expect("in session").map(|job| job.id)
    }
}

impl Listener<'_> {
    /// A poll with this capacity that ends at once; the message, if there is one.
    fn poll(&self, capacity: usize) -> Option<Message> {
        self.scene.forge.write(|state| {
            let (poll, _) = state.begin_message_poll(self.id, self.session, capacity).expect("in session");
            let message = state.next_message(self.id, self.session, poll).expect("in session");
            state.end_message_poll(self.id, poll);
            message.map(|(message, _)| message)
        })
    }

    fn acknowledge(&self, message: &Message) {
        self.scene.forge.write(|state| state.acknowledge_message(self.id, self.session, message.id)).expect("acknowledged");
    }

    /// What a poll with this capacity tells, each item as news and job. The message is acknowledged.
    fn hear(&self, capacity: usize) -> Vec<(News, i64)> {
        let Some(message) = self.poll(capacity) else { return Vec::new() };
        self.acknowledge(&message);
        message.items.iter().map(|item| (item.news, item.job)).collect()
    }

    /// A runner of the scale set that waits for a job, with its session.
    fn runner(&self, name: &str) -> (i64, i64) {
        let runner = self.scene.forge.write(|state| {
            let scope = state.find_scale_set(self.id).expect("there").scope.clone();
            state.register_in_scale_set(&scope, self.id, name).expect("registered").id
        });
        (runner, self.scene.connect(runner))
    }

    /// Runs the job that a runner has been given to its end.
    fn run(&self, (runner, session): (i64, i64), conclusion: Conclusion) -> i64 {
        let job = self.scene.given(runner, session).expect("it has a job");
        self.scene.forge.write(|state| state.begin_job(runner, session, job)).expect("begun");
        self.scene.forge.write(|state| state.end_job(runner, session, job, conclusion)).expect("ended");
        job
    }
}
