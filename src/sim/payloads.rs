//! The JSON objects of the forge: bodies of deliveries and of REST answers, complete as the published schemas want them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::nouns::{DEFAULT_GROUP, Enterprise, Job, Label, Owner, Repository, Run, Runner, RunnerGroup, Scope, Step};
use crate::model::JobStatus;
use crate::time::Timestamp;

/// Where explanations of errors are said to be.
pub(super) const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// The URLs of a repository in the API: key, path below the repository.
const REPOSITORY_URLS: [(&str, &str); 37] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

/// The URLs of a user or organization as an account: key, path below the account.
const ACCOUNT_URLS: [(&str, &str); 10] = [
    ("url", ""),
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
];

/// The body of a `workflow_job` delivery about the job as it is now.
pub(super) fn workflow_job(
    url: &str,
    job: &Job,
    repository: &Repository,
    owner: &Owner,
    enterprise: Option<&Enterprise>,
    sender: &Owner,
) -> Value {
    let mut body = json!({
        "action": job.status.as_str(),
        "workflow_job": job_object(url, job),
        "repository": repository_object(url, repository, owner),
        "sender": account_object(url, sender),
    });
    // A job may be held back after its delivery was written.
    body["workflow_job"]["status"] = job.status.as_str().into();
    if owner.is_organization {
        body["organization"] = organization_object(url, owner);
    }
    if let Some(enterprise) = enterprise {
        body["enterprise"] = enterprise_object(url, enterprise);
    }
    body
}

/// A job, as in REST answers and in deliveries.
pub(super) fn job_object(url: &str, job: &Job) -> Value {
    let (id, run_id) = (job.id, job.run_id);
    let api = format!("{url}/api/v3/repos/{}/{}", job.owner, job.repo);
    // Until the job has begun, the forge names no runner.
    let runner = job.runner.as_ref().filter(|_| job.status != JobStatus::Queued);
    json!({
        "id": id,
        "run_id": run_id,
        "workflow_name": "CI",
        "head_branch": "main",
        "run_url": format!("{api}/actions/runs/{run_id}"),
        "run_attempt": job.run_attempt,
        "node_id": node_id("CheckRun", id),
        "head_sha": head_sha(run_id),
        "url": format!("{api}/actions/jobs/{id}"),
        "html_url": format!("{url}/{}/{}/actions/runs/{run_id}/job/{id}", job.owner, job.repo),
        "status": if job.held && job.status == JobStatus::Queued { "waiting" } else { job.status.as_str() },
        "conclusion": job.conclusion.map(super::nouns::Conclusion::as_str),
        "created_at": time(job.queued_at),
        // Set from the beginning, as real deliveries have it: it does not say that the job runs.
        "started_at": time(job.started_at.unwrap_or(job.queued_at)),
        "completed_at": job.completed_at.map(time),
        "name": job.name,
        "steps": if job.status == JobStatus::Queued { Vec::new() } else { step_objects(job) },
        "check_run_url": format!("{api}/check-runs/{id}"),
        "labels": job.labels,
        "runner_id": runner.map(|runner| runner.id),
        "runner_name": runner.map(|runner| runner.name.as_str()),
        "runner_group_id": runner.map(|runner| runner.group_id),
        "runner_group_name": runner.map(|runner| runner.group_name.as_str()),
    })
}

fn step_objects(job: &Job) -> Vec<Value> {
    job.steps.iter().zip(1..).map(|(step, number)| step_object(step, number)).collect()
}

fn step_object(step: &Step, number: u32) -> Value {
    let status = match (step.conclusion, step.started_at) {
        (Some(_), _) => "completed",
        (None, Some(_)) => "in_progress",
        (None, None) => "queued",
    };
    json!({
        "name": format!("Run {}", step.command.lines().next().unwrap_or_default()),
        "status": status,
        "conclusion": step.conclusion.map(super::nouns::Conclusion::as_str),
        "number": number,
        "started_at": step.started_at.map(time),
        "completed_at": step.completed_at.map(time),
    })
}

fn repository_object(url: &str, repository: &Repository, owner: &Owner) -> Value {
    let full_name = format!("{}/{}", owner.login, repository.name);
    let api = format!("{url}/api/v3/repos/{full_name}");
    let host = url.trim_start_matches("http://");
    let mut object = json!({
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": full_name,
        "private": false,
        "owner": account_object(url, owner),
        "html_url": format!("{url}/{full_name}"),
        "description": null,
        "fork": false,
        "created_at": time(repository.created_at),
        "updated_at": time(repository.created_at),
        "pushed_at": time(repository.created_at),
        "git_url": format!("git://{host}/{full_name}.git"),
        "ssh_url": format!("git@{host}:{full_name}.git"),
        "clone_url": format!("{url}/{full_name}.git"),
        "svn_url": format!("{url}/{full_name}"),
        "homepage": null,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": null,
        "has_issues": true,
        "has_projects": true,
        "has_downloads": true,
        "has_wiki": true,
        "has_pages": false,
        "has_discussions": false,
        "forks_count": 0,
        "mirror_url": null,
        "archived": false,
        "disabled": false,
        "open_issues_count": 0,
        "license": null,
        "allow_forking": true,
        "is_template": false,
        "web_commit_signoff_required": false,
        "topics": [],
        "visibility": "public",
        "forks": 0,
        "open_issues": 0,
        "watchers": 0,
        "default_branch": "main",
        "custom_properties": {},
    });
    insert_urls(&mut object, &api, &REPOSITORY_URLS);
    object
}

/// A repository, as the REST API answers.
pub(super) fn full_repository(url: &str, repository: &Repository, owner: &Owner) -> Value {
    let mut object = repository_object(url, repository, owner);
    object["network_count"] = Value::from(0);
    object["subscribers_count"] = Value::from(0);
    object
}

/// A repository, as lists of the REST API have it.
pub(super) fn minimal_repository(url: &str, repository: &Repository, owner: &Owner) -> Value {
    let mut object = repository_object(url, repository, owner);
    object["custom_properties"] = json!({});
    object
}

/// A workflow run, as the REST API answers.
pub(super) fn run_object(url: &str, run: &Run, repository: &Repository, owner: &Owner) -> Value {
    let id = run.id;
    let api = format!("{url}/api/v3/repos/{}/{}", owner.login, repository.name);
    let (page, sha) = (format!("{url}/{}/{}/actions/runs/{id}", owner.login, repository.name), head_sha(id));
    let person = json!({ "name": owner.login, "email": "octo@forge.test" });
    json!({
        "id": id,
        "name": "CI",
        "node_id": node_id("WorkflowRun", id),
        "check_suite_id": id,
        "check_suite_node_id": node_id("CheckSuite", id),
        "head_branch": "main",
        "head_sha": sha,
        "path": ".github/workflows/ci.yml",
        "display_title": "CI",
        "run_number": 1,
        "run_attempt": run.attempt,
        "event": "push",
        "status": run.status,
        "conclusion": run.conclusion.map(super::nouns::Conclusion::as_str),
        "workflow_id": 1,
        "url": format!("{api}/actions/runs/{id}"),
        "html_url": page,
        "pull_requests": [],
        "created_at": time(run.created_at),
        "updated_at": time(run.updated_at),
        "actor": account_object(url, owner),
        "triggering_actor": account_object(url, owner),
        "run_started_at": time(run.created_at),
        "jobs_url": format!("{api}/actions/runs/{id}/jobs"),
        "logs_url": format!("{api}/actions/runs/{id}/logs"),
        "check_suite_url": format!("{api}/check-suites/{id}"),
        "artifacts_url": format!("{api}/actions/runs/{id}/artifacts"),
        "cancel_url": format!("{api}/actions/runs/{id}/cancel"),
        "rerun_url": format!("{api}/actions/runs/{id}/rerun"),
        "previous_attempt_url": null,
        "workflow_url": format!("{api}/actions/workflows/1"),
        "head_commit": { "id": sha, "tree_id": sha, "message": "a commit", "timestamp": time(run.created_at), "author": person, "committer": person },
        "repository": minimal_repository(url, repository, owner),
        "head_repository": minimal_repository(url, repository, owner),
    })
}

/// An organization, as the REST API answers.
pub(super) fn full_organization(url: &str, owner: &Owner) -> Value {
    let mut object = organization_object(url, owner);
    let made = time(Timestamp::EPOCH);
    let more = json!({
        "html_url": format!("{url}/{}", owner.login),
        "has_organization_projects": true,
        "has_repository_projects": true,
        "public_repos": 1,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": made,
        "updated_at": made,
        "archived_at": null,
    });
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

fn account_object(url: &str, owner: &Owner) -> Value {
    let mut object = json!({
        "login": owner.login,
        "id": owner.id,
        "node_id": node_id("User", owner.id),
        "avatar_url": format!("{url}/avatars/u/{}?", owner.id),
        "gravatar_id": "",
        "html_url": format!("{url}/{}", owner.login),
        "type": if owner.is_organization { "Organization" } else { "User" },
        "site_admin": false,
    });
    insert_urls(&mut object, &format!("{url}/api/v3/users/{}", owner.login), &ACCOUNT_URLS);
    object
}

fn organization_object(url: &str, owner: &Owner) -> Value {
    let api = format!("{url}/api/v3/orgs/{}", owner.login);
    json!({
        "login": owner.login,
        "id": owner.id,
        "node_id": node_id("Organization", owner.id),
        "url": api,
        "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events"),
        "hooks_url": format!("{api}/hooks"),
        "issues_url": format!("{api}/issues"),
        "members_url": format!("{api}/members{{/member}}"),
        "public_members_url": format!("{api}/public_members{{/member}}"),
        "avatar_url": format!("{url}/avatars/u/{}?", owner.id),
        "description": "",
    })
}

fn enterprise_object(url: &str, enterprise: &Enterprise) -> Value {
    json!({
        "id": enterprise.id,
        "slug": enterprise.slug,
        "name": enterprise.slug,
        "node_id": node_id("Enterprise", enterprise.id),
        "avatar_url": format!("{url}/avatars/b/{}?", enterprise.id),
        "description": null,
        "website_url": null,
        "html_url": format!("{url}/enterprises/{}", enterprise.slug),
        "created_at": time(enterprise.created_at),
        "updated_at": time(enterprise.created_at),
    })
}

fn insert_urls(object: &mut Value, base: &str, urls: &[(&str, &str)]) {
    let object: &mut Map<String, Value> = object.as_object_mut().expect("called with an object");
    object.extend(urls.iter().map(|(key, path)| ((*key).to_owned(), Value::from(format!("{base}{path}")))));
}

/// A runner, as in REST answers.
pub(super) fn runner_object(runner: &Runner) -> Value {
    json!({
        "id": runner.id,
        "name": runner.name,
        "os": if runner.version.is_some() { "Linux" } else { "unknown" },
        "status": if runner.online() { "online" } else { "offline" },
        "busy": runner.busy(),
        "labels": runner.labels.iter().map(label_object).collect::<Vec<_>>(),
        "runner_group_id": runner.group_id,
        "ephemeral": runner.ephemeral,
        "version": runner.version,
    })
}

fn label_object(label: &Label) -> Value {
    json!({ "id": label.id, "name": label.name, "type": if label.custom { "custom" } else { "read-only" } })
}

/// A runner group, as in REST answers; enterprises have fewer fields than organizations.
pub(super) fn group_object(url: &str, scope: &Scope, group: &RunnerGroup) -> Value {
    let runners_url = format!("{url}/api/v3/{}/actions/runner-groups/{}/runners", scope.api_path(), group.id);
    let mut object = json!({
        "id": group.id,
        "name": group.name,
        "visibility": if group.open_to.is_none() { "all" } else { "selected" },
        "default": group.id == DEFAULT_GROUP,
        "runners_url": runners_url,
        "allows_public_repositories": false,
        "restricted_to_workflows": false,
        "selected_workflows": [],
        "workflow_restrictions_read_only": false,
    });
    if matches!(scope, Scope::Organization(_)) {
        object["inherited"] = Value::from(false);
    }
    object
}

/// The three files of a runner, by name: a JIT configuration carries them, and `config.sh` writes them.
pub(super) fn runner_files(url: &str, runner: &Runner, group_name: &str, work_folder: &str) -> [(&'static str, String); 3] {
    let identity = json!({
        "agentId": runner.id,
        "agentName": runner.name,
        "poolId": runner.group_id,
        "poolName": group_name,
        "disableUpdate": false,
        "ephemeral": runner.ephemeral,
        "serverUrl": url,
        "gitHubUrl": format!("{url}/{}", runner.scope.web_path()),
        "workFolder": work_folder,
    });
    let credentials = json!({
        "scheme": "OAuth",
        "data": { "clientId": node_id("Runner", runner.id), "authorizationUrl": format!("{url}/_runner/session"), "requireFipsCryptography": "True" },
    });
    let key = json!({ "secret": runner.secret });
    [(".runner", pretty(&identity)), (".credentials", pretty(&credentials)), (".credentials_rsaparams", pretty(&key))]
}

/// The text of `encoded_jit_config`: base64 of a JSON object from file name to base64 content.
pub(super) fn encode_jit_config(files: &[(&'static str, String)]) -> String {
    let object: Map<String, Value> = files.iter().map(|(name, text)| ((*name).to_owned(), Value::from(STANDARD.encode(text)))).collect();
    STANDARD.encode(Value::Object(object).to_string())
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// A time as the forge writes it: to the second.
pub(super) fn time(time: Timestamp) -> String {
    format!("{}Z", time.to_short_string())
}

fn node_id(kind: &str, id: i64) -> String {
    STANDARD.encode(format!("{kind}{id}"))
}

fn head_sha(run_id: i64) -> String {
    format!("{run_id:040x}")
}
