//! Where runners, hooks and runner groups belong: repositories, organizations, enterprises; of hooks, also Apps.

use std::collections::BTreeSet;
use std::fmt;

use crate::time::Timestamp;

/// Where runners, hooks and runner groups belong. Equality ignores case, as the forge does.
#[derive(Clone, Debug, Eq)]
pub enum Scope {
    /// One repository.
    Repository {
        /// Login of the user or organization it belongs to.
        owner: String,
        /// Its name without the owner.
        name: String,
    },
    /// An organization, by login.
    Organization(String),
    /// An enterprise, by slug.
    Enterprise(String),
    /// A GitHub App, by number: it has a hook and nothing else.
    App(i64),
}

impl Scope {
    /// A repository.
    #[must_use]
    pub fn repository(owner: &str, name: &str) -> Self {
        Self::Repository { owner: owner.to_owned(), name: name.to_owned() }
    }

    /// An organization.
    #[must_use]
    pub fn organization(login: &str) -> Self {
        Self::Organization(login.to_owned())
    }

    /// An enterprise.
    #[must_use]
    pub fn enterprise(slug: &str) -> Self {
        Self::Enterprise(slug.to_owned())
    }

    /// The word of the header `X-GitHub-Hook-Installation-Target-Type`; an enterprise is called `business` there.
    #[must_use]
    pub const fn hook_type(&self) -> &'static str {
        match self {
            Self::Repository { .. } => "repository",
            Self::Organization(_) => "organization",
            Self::Enterprise(_) => "business",
            Self::App(_) => "integration",
        }
    }

    /// The path of its page at the forge, also the path in a runner's `--url`: `o/n`, `o`, `enterprises/e`.
    #[must_use]
    pub fn web_path(&self) -> String {
        match self {
            Self::Repository { owner, name } => format!("{owner}/{name}"),
            Self::Organization(login) => login.clone(),
            Self::Enterprise(slug) => format!("enterprises/{slug}"),
            Self::App(id) => format!("apps/{id}"),
        }
    }

    /// Its place in the REST API: `repos/o/n`, `orgs/o`, `enterprises/e`.
    #[must_use]
    pub fn api_path(&self) -> String {
        match self {
            Self::Repository { owner, name } => format!("repos/{owner}/{name}"),
            Self::Organization(login) => format!("orgs/{login}"),
            Self::Enterprise(slug) => format!("enterprises/{slug}"),
            Self::App(_) => "app".to_owned(),
        }
    }

    /// Reads the path of a page, as a runner gets it with `--url`.
    #[must_use]
    pub fn from_web_path(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts[..] {
            ["enterprises", slug] => Some(Self::enterprise(slug)),
            [owner, name] => Some(Self::repository(owner, name)),
            [login] => Some(Self::organization(login)),
            _ => None,
        }
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Repository { owner, name }, Self::Repository { owner: other_owner, name: other_name }) => {
                owner.eq_ignore_ascii_case(other_owner) && name.eq_ignore_ascii_case(other_name)
            }
            (Self::Organization(one), Self::Organization(other)) | (Self::Enterprise(one), Self::Enterprise(other)) => {
                one.eq_ignore_ascii_case(other)
            }
            (Self::App(one), Self::App(other)) => one == other,
            _ => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.api_path())
    }
}

/// A user or an organization.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Number at the forge.
    pub id: i64,
    /// Login, spelled as first seen.
    pub login: String,
    /// Whether a call has named it as an organization.
    pub is_organization: bool,
}

/// A repository.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Number at the forge.
    pub id: i64,
    /// Login of its owner.
    pub owner: String,
    /// Name without the owner.
    pub name: String,
    /// When a call first named it.
    pub created_at: Timestamp,
}

/// An enterprise.
#[derive(Clone, Debug)]
pub struct Enterprise {
    /// Number at the forge.
    pub id: i64,
    /// Slug, spelled as first seen.
    pub slug: String,
    /// When a call first named it.
    pub created_at: Timestamp,
    /// Logins of its organizations.
    pub(in crate::sim) organizations: Vec<String>,
}

/// The runner group that everything has.
pub const DEFAULT_GROUP: i64 = 1;

/// A runner group.
#[derive(Clone, Debug)]
pub struct RunnerGroup {
    /// Number at the forge; 1 is the default group that everything has.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The organization or enterprise it belongs to; `None` = the default group.
    pub scope: Option<Scope>,
    /// The names of the repositories that it is open to, in lower case; `None` = all.
    pub open_to: Option<BTreeSet<String>>,
}

impl RunnerGroup {
    /// Whether jobs of the repository may run on its runners.
    #[must_use]
    pub fn is_open_to(&self, repository: &str) -> bool {
        self.open_to.as_ref().is_none_or(|names| names.contains(&repository.to_lowercase()))
    }
}
