//! Owners, repositories, enterprises and their runner groups: made when a call first names them.

use super::State;
use crate::sim::nouns::{Enterprise, Owner, Repository, RunnerGroup, Scope};

impl State {
    pub(in crate::sim) fn owner(&mut self, login: &str, is_organization: bool) -> Owner {
        let key = login.to_ascii_lowercase();
        if !self.owners.contains_key(&key) {
            let id = self.number();
            self.owners.insert(key.clone(), Owner { id, login: login.to_owned(), is_organization: false });
        }
        let owner = self.owners.get_mut(&key).expect("inserted above");
        owner.is_organization |= is_organization;
        owner.clone()
    }

    pub(in crate::sim) fn repository(&mut self, owner: &str, name: &str) -> Repository {
        let owner = self.owner(owner, false);
        let key = format!("{}/{name}", owner.login).to_ascii_lowercase();
        if let Some(repository) = self.repositories.get(&key) {
            return repository.clone();
        }
        let repository = Repository { id: self.number(), owner: owner.login, name: name.to_owned(), created_at: self.now() };
        self.repositories.insert(key, repository.clone());
        repository
    }

    pub(in crate::sim) fn enterprise(&mut self, slug: &str) -> Enterprise {
        let key = slug.to_ascii_lowercase();
        if let Some(enterprise) = self.enterprises.get(&key) {
            return enterprise.clone();
        }
        let enterprise = Enterprise { id: self.number(), slug: slug.to_owned(), created_at: self.now(), organizations: Vec::new() };
        self.enterprises.insert(key, enterprise.clone());
        enterprise
    }

    pub(in crate::sim) fn add_organization(&mut self, slug: &str, login: &str) {
        self.enterprise(slug);
        self.owner(login, true);
        if let Some(enterprise) = self.enterprises.get_mut(&slug.to_ascii_lowercase()) {
            enterprise.organizations.push(login.to_owned());
        }
    }

    /// The enterprise an organization belongs to.
    pub(in crate::sim) fn enterprise_of(&self, login: &str) -> Option<&Enterprise> {
        self.enterprises.values().find(|enterprise| enterprise.organizations.iter().any(|own| own.eq_ignore_ascii_case(login)))
    }

    /// Makes sure that the scope exists, and gives its number.
    pub(in crate::sim) fn scope_id(&mut self, scope: &Scope) -> i64 {
        match scope {
            Scope::Repository { owner, name } => self.repository(owner, name).id,
            Scope::Organization(login) => self.owner(login, true).id,
            Scope::Enterprise(slug) => self.enterprise(slug).id,
        }
    }

    /// Whether runners and hooks of this scope serve the repository.
    pub(super) fn covers(&self, scope: &Scope, owner: &str, repo: &str) -> bool {
        match scope {
            Scope::Repository { .. } => *scope == Scope::repository(owner, repo),
            Scope::Organization(login) => login.eq_ignore_ascii_case(owner),
            Scope::Enterprise(slug) => self.enterprise_of(owner).is_some_and(|enterprise| enterprise.slug.eq_ignore_ascii_case(slug)),
        }
    }

    pub(in crate::sim) fn add_group(&mut self, scope: Scope, name: &str) -> i64 {
        self.scope_id(&scope);
        let id = i64::try_from(self.groups.len()).unwrap_or(i64::MAX - 1) + 1;
        self.groups.push(RunnerGroup { id, name: name.to_owned(), scope: Some(scope) });
        id
    }

    /// The groups of an organization or enterprise, the default group first; a repository has only that.
    pub(in crate::sim) fn groups(&self, scope: &Scope) -> Vec<RunnerGroup> {
        self.groups.iter().filter(|group| group.scope.as_ref().is_none_or(|own| own == scope)).cloned().collect()
    }

    pub(in crate::sim) fn find_group(&self, scope: &Scope, id: i64) -> Option<RunnerGroup> {
        self.groups(scope).into_iter().find(|group| group.id == id)
    }

    pub(super) fn group_name(&self, id: i64) -> String {
        self.groups.iter().find(|group| group.id == id).map(|group| group.name.clone()).unwrap_or_default()
    }
}
