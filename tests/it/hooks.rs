//! Webhooks that the server installs itself.

use garm::sim::{KeptHooks, Scope};

use crate::cli::{run, set_up};
use crate::harness::{Installation, Plan};

/// The addresses of the hooks of a repository at the forge.
fn addresses(garm: &Installation, name: &str) -> Vec<String> {
    let scope = Scope::repository("octo", name);
    garm.forge.read(|state| state.hooks().filter(|hook| hook.scope == scope).map(|hook| hook.url.clone()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_the_forge_made_otherwise_than_asked_is_removed_again_and_said() {
    let garm = set_up(Plan::default()).await;
    let entity = garm.add_repository("other").await;
    let by_hand = addresses(&garm, "other");
    garm.forge.read(|state| state.hooks().map(|hook| hook.id).collect::<Vec<_>>()).into_iter().for_each(|id| garm.forge.remove_hook(id));
    for (kept, said) in [(KeptHooks::Inactive, "not active"), (KeptHooks::ForPushes, "delivers push and not workflow_job")] {
        garm.forge.configure(|settings| settings.kept_hooks = kept);
        let (code, _, told) = run(&garm, &["repo", "webhook", "install", "octo/other"]);
        assert!(code == Some(1) && told.contains(said), "{told}");
        assert_eq!(addresses(&garm, "other"), Vec::<String>::new(), "{kept:?}");
    }
    garm.forge.configure(|settings| settings.kept_hooks = KeptHooks::AsAsked);
    assert_eq!(run(&garm, &["repo", "webhook", "install", "octo/other"]).0, Some(0));
    assert!(!by_hand.is_empty() && addresses(&garm, "other").len() == 1 && !entity.id.is_empty());
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_installed_once_works_and_is_removed_with_its_repository() {
    let garm = set_up(Plan::default()).await;
    let (code, _, told) = run(
        &garm,
        &["repo", "add", "--owner", "octo", "--name", "other", "--credentials", "pat", "--random-webhook-secret", "--install-webhook"],
    );
    assert_eq!(code, Some(0), "{told}");
    let controller = garm.client().controller().await.expect("shown");
    assert_eq!(addresses(&garm, "other"), std::slice::from_ref(&controller.controller_webhook_url));
    let (code, shown, told) = run(&garm, &["repo", "webhook", "show", "octo/other"]);
    assert!(code == Some(0) && shown.contains(&controller.controller_webhook_url) && shown.contains("workflow_job"), "{shown} {told}");
    let pinged = garm.forge.read(|state| state.hooks().any(|hook| hook.url == controller.controller_webhook_url && hook.pings == 1));
    assert!(pinged, "the forge sent a ping");
    let (code, _, told) = run(&garm, &["repo", "webhook", "install", "octo/other"]);
    assert!(code == Some(1) && told.contains("already installed"), "{told}");

    // The one of the first repository was made by hand, for the address all installations share.
    let (code, _, told) = run(&garm, &["repo", "webhook", "uninstall", "octo/hello"]);
    assert!(code == Some(1) && told.contains("made by hand"), "{told}");

    let (code, _, told) = run(&garm, &["repo", "webhook", "uninstall", "octo/other"]);
    assert_eq!(code, Some(0), "{told}");
    let (code, _, told) = run(&garm, &["repo", "webhook", "show", "octo/other"]);
    assert!(code == Some(1) && told.contains("hook not found"), "{told}");
    assert_eq!(run(&garm, &["repo", "webhook", "uninstall", "octo/other"]).0, Some(0), "what is not there is removed");
    assert_eq!(run(&garm, &["repo", "webhook", "install", "octo/other"]).0, Some(0));
    let (code, _, told) = run(&garm, &["repo", "delete", "octo/other"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(addresses(&garm, "other"), Vec::<String>::new());
    assert_eq!(garm.repositories().await.len(), 1);
    let (code, _, told) = run(&garm, &["enterprise", "webhook", "install", "acme"]);
    assert!(code == Some(1) && told.contains("by hand"), "{told}");
    garm.finish().await;
}
