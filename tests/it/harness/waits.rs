//! What tests wait for.

use std::time::Duration;

use garm::client::Removal;
use garm::model::JobStatus;
use garm::sim::Conclusion;

use super::installation::Installation;

impl Installation {
    /// Waits until something holds of what the server says.
    pub(crate) async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        self.within(what, async {
            loop {
                if let Some(found) = look(self).await {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }

    /// Waits until jobs have run to success on a runner of ours.
    pub(crate) async fn jobs_succeed(&self, ids: &[i64]) {
        self.within(
            "the jobs are done",
            self.forge.wait_until(|state| ids.iter().all(|id| state.find_job(*id).is_some_and(|job| job.status == JobStatus::Completed))),
        )
        .await;
        for id in ids {
            let job = self.forge.job(*id).expect("it was queued");
            assert_eq!(job.conclusion, Some(Conclusion::Success), "{}", job.log());
            assert!(job.log().contains(&format!("on {}", job.runner.as_ref().expect("a runner had it").name)), "{}", job.log());
        }
    }

    /// Waits until nothing of a runner is left at server, forge, provider and on this machine.
    pub(crate) async fn all_gone(&self) {
        self.until("all runners are gone", async |this| {
            let known = this.instances().await;
            (known.is_empty() && this.forge.runners().is_empty() && this.leftovers().is_empty()).then_some(())
        })
        .await;
    }

    /// As [`Installation::all_gone`], where a server was killed: the creation that it was about to ask for may succeed for minutes, as far as
    /// its successor knows. Such a row stays until then, with its registration.
    pub(crate) async fn all_gone_but_interrupted_creations(&self) {
        self.until("only interrupted creations are left", async |this| {
            let known = this.instances().await;
            let are_interrupted = known.iter().all(|instance| instance.status == "creating");
            let are_known = this.forge.runners().iter().all(|runner| known.iter().any(|instance| instance.name == runner.name));
            (are_interrupted && are_known && this.leftovers().is_empty()).then_some(())
        })
        .await;
    }

    /// As [`Installation::all_gone`], where deliveries were lost for a while: a runner may have been made for a job that had one. It is idle and
    /// would be kept for minutes.
    pub(crate) async fn all_gone_but_what_is_idle(&self) {
        self.until("what is not idle is gone", async |this| {
            let known = this.instances().await;
            let mut idle = known.iter().filter(|instance| instance.status == "running" && instance.runner_status == "idle");
            let Some(idle) = idle.next() else { return known.is_empty().then_some(()) };
            this.client().instances().delete(&idle.name, Removal::default()).await.expect("an idle runner can be removed");
            None
        })
        .await;
        self.all_gone().await;
    }
}
