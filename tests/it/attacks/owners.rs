//! Somebody who knows the webhook secret of one entity ends, hides and changes jobs of others.

use garm::api::Job;
use garm::model::{EntityKind, expose};
use serde_json::json;

use super::signed::{Told, add, send};
use crate::harness::{Installation, Plan, WEBHOOK_SECRET, databases};
use crate::metrics::scrape;

const OF_EVIL: &str = "Planted7EvilRepositorySecretQx9vLmZ2r";
const OF_CORP: &str = "Planted7EvilOrganizationSecretQx9vLmZ2r";
const OF_ENTERPRISE: &str = "Planted7EnterpriseSecretQx9vLmZ2r";

/// The row of a job, as the repository reported it.
async fn job_of(garm: &Installation, id: i64, repository: &str) -> Option<Job> {
    garm.jobs().await.into_iter().find(|job| job.workflow_job_id == id && job.repository_name == repository)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_secret_is_good_for_the_jobs_of_its_own_entity_only() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, ..Plan::default() }).await;
        garm.add_pool("local", "held", 1, 0).await;
        let [hello, evil, _] =
            [("octo", "hello"), ("octo", "evil"), ("corp", "own")].map(|(owner, name)| garm.forge.add_repository(owner, name));
        add(&garm, EntityKind::Repository, "octo", "evil", OF_EVIL).await;
        add(&garm, EntityKind::Organization, "", "corp", OF_CORP).await;
        add(&garm, EntityKind::Enterprise, "", "octo-corp", OF_ENTERPRISE).await;
        let nothing = json!({});
        let (status, _) = send(&garm, WEBHOOK_SECRET, Told { number: Some(hello), ..Told::default() }.body(&garm, &nothing)).await;
        assert_eq!(status, 200);
        let before = job_of(&garm, 1, "hello").await.expect("it waits");
        let is_untouched = async |attack: &str| {
            let now = job_of(&garm, 1, "hello").await.expect("still there");
            assert_eq!((&now.status, &now.labels, &now.conclusion), (&before.status, &before.labels, &before.conclusion), "{attack}");
        };

        // What the secret of another repository of the same owner is good for.
        let other = [(Some(evil), "evil"), (None, "evil"), (Some(hello), "evil"), (Some(evil), "hello")];
        let mut refused = 0;
        for action in ["completed", "in_progress"] {
            for (number, name) in other {
                let told = Told { action, name, number, ..Told::default() };
                let (status, text) = send(&garm, OF_EVIL, told.body(&garm, &nothing)).await;
                assert!(status == 403 && text.contains("another repository has a job of that number"), "{status} {text}");
                assert!(!text.contains("octo/hello"), "whose it is, is not told: {text}");
                is_untouched("of another repository").await;
                refused += 1;
            }
        }
        let told = Told { name: "evil", number: Some(evil), labels: &["self-hosted"], ..Told::default() };
        assert_eq!(send(&garm, OF_EVIL, told.body(&garm, &nothing)).await.0, 200, "a job of its own");
        is_untouched("with other labels").await;

        // An organization's hook speaks for what the organization owns.
        for (number, owner, name) in [(Some(hello), "octo", "hello"), (None, "octo", "hello"), (None, "octo", "any")] {
            let told = Told { action: "completed", number, owner, name, ..Told::default() };
            let (status, text) = send(&garm, OF_CORP, told.body(&garm, &json!({ "organization": { "login": "corp" } }))).await;
            assert!(status == 403 && text.contains("organization corp speaks for repositories of corp only"), "{status} {text}");
            is_untouched("of an organization").await;
            refused += 1;
        }
        let told = Told { action: "completed", number: Some(hello), owner: "corp", name: "own", ..Told::default() };
        let (status, _) = send(&garm, OF_CORP, told.body(&garm, &json!({ "organization": { "login": "corp" } }))).await;
        assert_eq!(status, 403, "the number of another repository");
        refused += 1;
        is_untouched("of an organization, by number").await;

        // A number that is completed in advance.
        let told = Told { id: 2, action: "completed", name: "evil", number: Some(evil), ..Told::default() };
        assert_eq!(send(&garm, OF_EVIL, told.body(&garm, &nothing)).await.0, 200);
        assert_eq!(send(&garm, WEBHOOK_SECRET, Told { id: 2, number: Some(hello), ..Told::default() }.body(&garm, &nothing)).await.0, 200);
        assert_eq!(job_of(&garm, 2, "hello").await.expect("it waits").status, "queued");

        let log = garm.log();
        let warned = log.lines().filter(|line| line.contains("refused deliveries about jobs of others")).count();
        assert_eq!(warned, 2, "once a minute for each entity");
        let token = garm.client().metrics_token().await.expect("made").token;
        let (_, figures) = scrape(&garm, expose(&token.0)).await;
        let counted = format!(r#"garm_webhook_received{{reason="not_spoken_for",valid="false"}} {refused}"#);
        assert!(figures.contains(&counted), "{counted}\n{figures}");

        // An enterprise's hook speaks for all.
        let told = Told { action: "completed", number: Some(hello), ..Told::default() };
        let enterprise = json!({ "enterprise": { "slug": "octo-corp" } });
        assert_eq!(send(&garm, OF_ENTERPRISE, told.body(&garm, &enterprise)).await.0, 200);
        assert_eq!(job_of(&garm, 1, "hello").await.expect("there").status, "completed");
        garm.finish().await;
    }
}
