//! Sets an installation up and speaks with its API: administrator, endpoint, repositories, pools, jobs.

use garm::api::paths;
use garm::api::{
    CreateCredentialsParams, CreateEndpointParams, CreateEntityParams, CreatePoolParams, Entity, Instance, Job, LoginParams, NewUserParams,
    PatParams, Pool, Secret, UpdateControllerParams,
};
use garm::client::{Client, EntityFilter};
use garm::model::{EntityKind, SecretString, expose};
use garm::sim::{NewJob, Scope};

use super::installation::Installation;
use super::plan::Plan;
use super::secrets::{PASSWORD, PAT, WEBHOOK_SECRET};

impl Installation {
    /// Starts, and sets up administrator, URLs, endpoint, credentials, a repository with its hook.
    pub(crate) async fn set_up(plan: Plan) -> Self {
        let mut installation = Self::start(plan).await;
        installation.log_in_first().await;
        installation.add_repository("hello").await;
        installation
    }

    /// First run, login, URLs, endpoint, credentials.
    pub(crate) async fn log_in_first(&mut self) {
        let anyone = Client::new(&self.url, None).expect("a URL");
        let admin = NewUserParams {
            username: "admin".into(),
            email: "a@example.com".into(),
            full_name: String::new(),
            password: Secret::from(PASSWORD),
            code: Secret::default(),
        };
        anyone.first_run(&admin).await.expect("first run");
        let login = LoginParams { username: "admin".into(), password: Secret::from(PASSWORD) };
        let answer = anyone.log_in(&login).await.expect("login");
        self.client = Some(Client::new(&self.url, Some(answer.token.0.clone())).expect("a URL"));
        self.token = Some(answer.token.0);
        let url = &self.url;
        let urls = UpdateControllerParams {
            metadata_url: Some(format!("{url}{}", paths::METADATA)),
            callback_url: Some(format!("{url}{}", paths::CALLBACKS)),
            webhook_url: Some(format!("{url}{}", paths::WEBHOOKS.template())),
            minimum_job_age_backoff: Some(1),
            ..UpdateControllerParams::default()
        };
        self.client().update_controller(&urls).await.expect("changed");
        let endpoint = CreateEndpointParams {
            name: "fake".into(),
            base_url: self.forge_url().to_owned(),
            api_base_url: format!("{}{}", self.forge_url(), garm::sim::API_PREFIX),
            ..CreateEndpointParams::default()
        };
        self.client().endpoints().create(&endpoint).await.expect("added");
        let credentials = CreateCredentialsParams {
            name: "pat".into(),
            endpoint: "fake".into(),
            auth_type: "pat".into(),
            pat: Some(PatParams { oauth2_token: Secret::from(PAT) }),
            ..CreateCredentialsParams::default()
        };
        self.client().credentials().create(&credentials).await.expect("added");
    }

    /// Speaks with a login that was made elsewhere.
    pub(crate) fn use_token(&mut self, token: &str) {
        let token = SecretString::from(token);
        self.client = Some(Client::new(&self.url, Some(token.clone())).expect("a URL"));
        self.token = Some(token);
    }

    pub(crate) async fn add_repository(&self, name: &str) -> Entity {
        let repository = CreateEntityParams {
            owner: "octo".into(),
            name: name.into(),
            credentials_name: "pat".into(),
            webhook_secret: Secret::from(WEBHOOK_SECRET),
            ..CreateEntityParams::default()
        };
        let entity = self.client().entities(EntityKind::Repository).create(&repository).await.expect("added");
        for server in &self.servers {
            self.forge.add_hook(
                Scope::repository("octo", name),
                &format!("{}{}", server.url(), paths::WEBHOOKS.template()),
                SecretString::from(WEBHOOK_SECRET),
            );
        }
        entity
    }

    /// Adds a pool to the repository `hello`.
    pub(crate) async fn add_pool(&self, provider: &str, tag: &str, max_runners: u32, min_idle_runners: u32) -> Pool {
        self.add_pool_with(provider, tag, |pool| {
            pool.max_runners = max_runners;
            pool.min_idle_runners = min_idle_runners;
        })
        .await
    }

    /// Adds a pool to the repository `hello`, with settings of its own.
    pub(crate) async fn add_pool_with(&self, provider: &str, tag: &str, settings: impl FnOnce(&mut CreatePoolParams)) -> Pool {
        self.add_pool_of("hello", provider, tag, settings).await
    }

    /// Adds a pool to a repository, with settings of its own.
    pub(crate) async fn add_pool_of(
        &self,
        repository: &str,
        provider: &str,
        tag: &str,
        settings: impl FnOnce(&mut CreatePoolParams),
    ) -> Pool {
        let named = EntityFilter { name: Some(repository.into()), ..EntityFilter::default() };
        let repositories = self.client().entities(EntityKind::Repository);
        let repository = repositories.list(&named).await.expect("listed").swap_remove(0);
        let mut pool = CreatePoolParams {
            provider_name: provider.into(),
            image: "image".into(),
            flavor: "flavor".into(),
            tags: vec!["self-hosted".into(), tag.into()],
            os_arch: if cfg!(target_arch = "aarch64") { "arm64".into() } else { "amd64".into() },
            enabled: true,
            ..CreatePoolParams::default()
        };
        settings(&mut pool);
        repositories.create_pool(&repository.id, &pool).await.expect("made")
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.as_ref().expect("logged in")
    }

    /// Speaks with one of several servers.
    pub(crate) fn client_of(&self, replica: usize) -> Client {
        Client::new(&self.servers[replica].url(), self.token.clone()).expect("a URL")
    }

    pub(crate) fn token(&self) -> &str {
        expose(self.token.as_ref().expect("logged in"))
    }

    pub(crate) async fn instances(&self) -> Vec<Instance> {
        self.client().instances().list().await.expect("the runners are listed")
    }

    pub(crate) async fn jobs(&self) -> Vec<Job> {
        self.client().jobs().list(&garm::client::JobFilter::default()).await.expect("the jobs are listed")
    }

    pub(crate) async fn job(&self, workflow_job_id: i64) -> Option<Job> {
        self.jobs().await.into_iter().find(|job| job.workflow_job_id == workflow_job_id)
    }

    pub(crate) async fn repositories(&self) -> Vec<Entity> {
        let repositories = self.client().entities(EntityKind::Repository);
        repositories.list(&EntityFilter::default()).await.expect("the repositories are listed")
    }

    /// Queues a job whose steps say where they run.
    pub(crate) fn queue_job(&self, name: &str, tag: &str) -> i64 {
        self.forge.queue_job(NewJob {
            owner: "octo".into(),
            repo: "hello".into(),
            name: name.into(),
            labels: vec!["self-hosted".into(), tag.to_uppercase()],
            steps: vec!["echo \"on $RUNNER_NAME\"".into(), "sleep 0.3".into()],
        })
    }
}

/// One of many jobs of a repository of `octo`.
pub(crate) fn numbered_job(repository: &str, tag: &str, number: usize) -> NewJob {
    NewJob {
        owner: "octo".into(),
        repo: repository.into(),
        name: format!("job-{number}"),
        labels: vec!["self-hosted".into(), tag.into()],
        steps: vec!["true".into()],
    }
}
