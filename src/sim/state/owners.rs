//! Owners, repositories, enterprises and their runner groups: made when a call first names them.

use std::collections::BTreeSet;

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
        let key = key(&Scope::repository(&owner.login, name));
        if let Some(repository) = self.repositories.get(&key) {
            return repository.clone();
        }
        let repository = Repository { id: self.number(), owner: owner.login, name: name.to_owned(), created_at: self.now() };
        self.repositories.insert(key, repository.clone());
        repository
    }

    /// The number of a repository that is known.
    pub(in crate::sim) fn repository_number(&self, owner: &str, name: &str) -> Option<i64> {
        self.repositories.get(&key(&Scope::repository(owner, name))).map(|repository| repository.id)
    }

    /// Renames a repository, or transfers it to another owner. Everything that belongs to it goes along. Its old name leads to it until something
    /// else is given that name.
    pub(crate) fn rename_repository(&mut self, from: (&str, &str), to: (&str, &str)) {
        let owner = self.owner(to.0, false).login;
        let mut repository = self.repository(from.0, from.1);
        let old = Scope::repository(&repository.owner, &repository.name);
        (repository.owner, repository.name) = (owner, to.1.to_owned());
        let new = Scope::repository(&repository.owner, &repository.name);
        self.repositories.remove(&key(&old));
        self.moved.remove(&key(&new));
        self.moved.insert(key(&old), repository.id);
        for job in self.jobs.values_mut().filter(|job| Scope::repository(&job.owner, &job.repo) == old) {
            (job.owner, job.repo) = (repository.owner.clone(), repository.name.clone());
        }
        self.repositories.insert(key(&new), repository);
        self.rescope(&old, &new);
    }

    /// Renames an organization. Its repositories go along, and their old names lead to them; that of the organization leads nowhere.
    pub(crate) fn rename_organization(&mut self, from: &str, to: &str) {
        let mut owner = self.owner(from, true);
        let old = Scope::organization(&owner.login);
        self.owners.remove(&from.to_ascii_lowercase());
        self.lost_logins.insert(from.to_ascii_lowercase());
        self.lost_logins.remove(&to.to_ascii_lowercase());
        to.clone_into(&mut owner.login);
        self.owners.insert(to.to_ascii_lowercase(), owner);
        for organization in self.enterprises.values_mut().flat_map(|enterprise| enterprise.organizations.iter_mut()) {
            if organization.eq_ignore_ascii_case(from) {
                to.clone_into(organization);
            }
        }
        let repositories: Vec<String> =
            self.repositories.values().filter(|own| own.owner.eq_ignore_ascii_case(from)).map(|own| own.name.clone()).collect();
        for name in repositories {
            self.rename_repository((from, &name), (to, &name));
        }
        // Looking at the repositories has named the old login again.
        self.owners.remove(&from.to_ascii_lowercase());
        self.rescope(&old, &Scope::organization(to));
    }

    fn rescope(&mut self, old: &Scope, new: &Scope) {
        let of_runners = self.runners.values_mut().map(|runner| &mut runner.scope);
        let of_hooks = self.hooks.values_mut().map(|hook| &mut hook.scope);
        let of_tokens = self.scope_tokens.values_mut().map(|token| &mut token.scope);
        let of_groups = self.groups.iter_mut().filter_map(|group| group.scope.as_mut());
        let of_scale_sets = self.scale_sets.scopes_mut();
        let all = of_runners.chain(of_hooks).chain(of_tokens).chain(of_groups).chain(of_scale_sets);
        for scope in all.filter(|scope| **scope == *old) {
            scope.clone_from(new);
        }
    }

    /// The repositories of an owner.
    pub(in crate::sim) fn repositories_of(&self, login: &str) -> Vec<Repository> {
        self.repositories.values().filter(|own| own.owner.eq_ignore_ascii_case(login)).cloned().collect()
    }

    /// The repository of this number.
    pub(in crate::sim) fn repository_by_id(&self, id: i64) -> Option<&Repository> {
        self.repositories.values().find(|repository| repository.id == id)
    }

    /// The user or organization of this number.
    pub(in crate::sim) fn owner_by_id(&self, id: i64) -> Option<&Owner> {
        self.owners.values().find(|owner| owner.id == id)
    }

    /// The number of the repository that had this name before it was renamed, while nothing else has the name.
    pub(crate) fn moved_repository(&self, owner: &str, name: &str) -> Option<i64> {
        let key = key(&Scope::repository(owner, name));
        self.moved.get(&key).filter(|_| !self.repositories.contains_key(&key)).copied()
    }

    /// Whether an organization had this name before it was renamed, and nothing else has it now.
    pub(crate) fn is_lost_login(&self, login: &str) -> bool {
        let key = login.to_ascii_lowercase();
        self.lost_logins.contains(&key) && !self.owners.contains_key(&key)
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
            Scope::App(id) => *id,
        }
    }

    /// Whether runners and hooks of this scope serve the repository.
    pub(in crate::sim) fn covers(&self, scope: &Scope, owner: &str, repo: &str) -> bool {
        match scope {
            Scope::Repository { .. } => *scope == Scope::repository(owner, repo),
            Scope::Organization(login) => login.eq_ignore_ascii_case(owner),
            Scope::Enterprise(slug) => self.enterprise_of(owner).is_some_and(|enterprise| enterprise.slug.eq_ignore_ascii_case(slug)),
            // The App is installed everywhere.
            Scope::App(_) => true,
        }
    }

    pub(in crate::sim) fn add_group(&mut self, scope: Scope, name: &str) -> i64 {
        self.scope_id(&scope);
        let id = i64::try_from(self.groups.len()).unwrap_or(i64::MAX - 1) + 1;
        self.groups.push(RunnerGroup { id, name: name.to_owned(), scope: Some(scope), open_to: None });
        id
    }

    /// Opens a group to the repositories of these names only, or to all.
    pub(in crate::sim) fn open_group(&mut self, id: i64, repositories: Option<&BTreeSet<String>>) {
        for group in self.groups.iter_mut().filter(|group| group.id == id) {
            group.open_to = repositories.cloned();
        }
        let online: Vec<i64> = self.runners.values().filter(|runner| runner.group_id == id).map(|runner| runner.id).collect();
        for runner in online {
            self.assign_to(runner);
        }
        self.fill_scale_sets();
    }

    pub(in crate::sim) fn is_group_open(&self, id: i64, repository: &str) -> bool {
        self.groups.iter().filter(|group| group.id == id).all(|group| group.is_open_to(repository))
    }

    /// The groups of an organization or enterprise, the default group first; a repository has only that.
    pub(in crate::sim) fn groups(&self, scope: &Scope) -> Vec<RunnerGroup> {
        self.groups.iter().filter(|group| group.scope.as_ref().is_none_or(|own| own == scope)).cloned().collect()
    }

    pub(in crate::sim) fn find_group(&self, scope: &Scope, id: i64) -> Option<RunnerGroup> {
        self.groups(scope).into_iter().find(|group| group.id == id)
    }

    pub(in crate::sim) fn group_name(&self, id: i64) -> String {
        self.groups.iter().find(|group| group.id == id).map(|group| group.name.clone()).unwrap_or_default()
    }
}

/// What repositories are found by: owner and name in lower case.
fn key(scope: &Scope) -> String {
    scope.web_path().to_ascii_lowercase()
}
