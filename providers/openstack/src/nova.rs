//! Nova: servers and flavors.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::error::Error;
use crate::server::{CONTROLLER, Server, is_uuid, tag, tags};
use crate::session::{Service, Session};
use crate::wait;

/// The version of Nova's interface from which a server can be made with tags and a volume type.
const MICROVERSION: &str = "2.67";

/// Servers of one installation.
pub(crate) struct Nova<'a> {
    service: Service<'a>,
    controller: &'a str,
}

#[derive(Deserialize)]
struct One {
    server: Server,
}

#[derive(Deserialize)]
struct Created {
    server: Id,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct OneFlavor {
    flavor: Id,
}

/// What is listed in pages.
trait Listed: DeserializeOwned {
    fn id(&self) -> &str;
}

impl Listed for Server {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for Named {
    fn id(&self) -> &str {
        &self.id
    }
}

impl<'a> Nova<'a> {
    /// The servers of the installation `controller`.
    pub(crate) fn of(session: &'a Session, controller: &'a str) -> Result<Self, Error> {
        Ok(Self { service: session.service(&["compute"], "v2.1")?.with_microversion(MICROVERSION), controller })
    }

    /// A server by id, if it is there and ours.
    pub(crate) async fn server(&self, id: &str) -> Result<Option<Server>, Error> {
        match self.service.get::<One>(&["servers", id], &[]).await {
            // What is deleted stays readable for a while where deletion is deferred.
            Ok(One { server }) if !matches!(server.status.as_str(), "DELETED" | "SOFT_DELETED") => {
                Ok(Some(server).filter(|server| server.belongs_to(self.controller)))
            }
            Ok(_) | Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Our servers of this name.
    pub(crate) async fn named(&self, name: &str) -> Result<Vec<Server>, Error> {
        // Nova takes a regular expression, each database its own kind: only what all agree on, and an exact comparison afterwards.
        let pattern: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' }).collect();
        let mut found = self.list(&[("tags", &tag(CONTROLLER, self.controller)), ("name", &format!("^{pattern}$"))]).await?;
        found.retain(|server| server.name == name);
        Ok(found)
    }

    /// Our servers of this id or name.
    pub(crate) async fn find(&self, instance: &str) -> Result<Vec<Server>, Error> {
        if is_uuid(instance) { Ok(self.server(instance).await?.into_iter().collect()) } else { self.named(instance).await }
    }

    /// The best of our servers of this id or name.
    pub(crate) async fn get(&self, instance: &str) -> Result<Server, Error> {
        let found = self.find(instance).await?;
        Server::best(found).ok_or_else(|| Error::NotFound(format!("there is no server {instance} of this installation")))
    }

    /// Our servers in the pool.
    pub(crate) async fn in_pool(&self, pool: &str) -> Result<Vec<Server>, Error> {
        let mut found = self.list(&[("tags", &tags(self.controller, pool).join(","))]).await?;
        found.retain(|server| server.is_in_pool(pool));
        Ok(found)
    }

    /// All our servers.
    pub(crate) async fn all(&self) -> Result<Vec<Server>, Error> {
        self.list(&[("tags", &tag(CONTROLLER, self.controller))]).await
    }

    async fn list(&self, query: &[(&str, &str)]) -> Result<Vec<Server>, Error> {
        let mut found: Vec<Server> = self.pages(&["servers", "detail"], "servers", query).await?;
        // Asked for by tag, and yet: nothing that is not ours may be touched.
        found.retain(|server| server.belongs_to(self.controller));
        Ok(found)
    }

    /// All pages of a list.
    async fn pages<T: Listed>(&self, path: &[&str], key: &str, query: &[(&str, &str)]) -> Result<Vec<T>, Error> {
        let mut all: Vec<T> = Vec::new();
        loop {
            let marker = all.last().map(|last| last.id().to_owned());
            let mut query = query.to_vec();
            query.extend(marker.as_deref().map(|marker| ("marker", marker)));
            let mut page: Value = self.service.get(path, &query).await?;
            let more = page[format!("{key}_links")].as_array().is_some_and(|links| links.iter().any(|link| link["rel"] == "next"));
            let items: Vec<T> = serde_json::from_value(page[key].take())
                .map_err(|error| Error::Unreachable(format!("compute answers with a list of {key} that is none: {error}")))?;
            let done = items.is_empty() || !more;
            all.extend(items);
            if done {
                return Ok(all);
            }
        }
    }

    /// The id of a flavor that is given by id or name.
    pub(crate) async fn flavor_id(&self, flavor: &str) -> Result<String, Error> {
        match self.service.get::<OneFlavor>(&["flavors", flavor], &[]).await {
            Ok(OneFlavor { flavor }) => return Ok(flavor.id),
            Err(Error::NotFound(_) | Error::Refused { status: 400, .. }) => {}
            Err(error) => return Err(error),
        }
        let flavors: Vec<Named> = self.pages(&["flavors"], "flavors", &[]).await?;
        let found = flavors.into_iter().find(|known| known.name == flavor).map(|known| known.id);
        found.ok_or_else(|| Error::Input(format!("there is no flavor {flavor}")))
    }

    /// Asks for a server; it is built after this has returned. `user_data` is what must not be shown.
    pub(crate) async fn create(&self, server: &Value, user_data: &str) -> Result<String, Error> {
        let created: Created = self.service.create(&["servers"], &json!({"server": server})).await.map_err(|error| match error {
            Error::NotFound(message) => Error::Input(message),
            other => other.without(user_data),
        })?;
        Ok(created.server.id)
    }

    /// Waits until a server has the status. One that goes to ERROR, or away, never will have it.
    pub(crate) async fn until(&self, status: &str, server: &str, limit: Instant) -> Result<Server, Error> {
        let reached = wait::until(limit, async || match self.server(server).await? {
            Some(server) if server.status == status => Ok(Some(server)),
            Some(server) if server.status == "ERROR" => Err(Error::fault(&server.name, server.fault())),
            Some(_) => Ok(None),
            None => Err(Error::Server(format!("server {server} is gone while it was waited for"))),
        });
        reached
            .await?
            .ok_or_else(|| Error::Server(format!("server {server} is not {status} in time; wait_timeout decides how long is waited")))
    }

    /// Asks for the end of a server, in every state.
    async fn delete(&self, id: &str) -> Result<(), Error> {
        match self.service.act(&["servers", id, "action"], &json!({"forceDelete": null})).await {
            Ok(()) | Err(Error::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes servers and waits until they are gone. All are tried, also after a failure.
    pub(crate) async fn remove(&self, servers: &[Server], limit: Instant) -> Result<(), Error> {
        let mut failure = None;
        let mut going = Vec::new();
        for server in servers {
            match self.delete(&server.id).await {
                Ok(()) => going.push(server),
                Err(error) => failure = Some(error),
            }
        }
        for server in going {
            let gone = wait::until(limit, async || Ok(self.server(&server.id).await?.is_none().then_some(()))).await;
            match gone {
                Ok(Some(())) => {}
                Ok(None) => {
                    failure = Some(Error::Server(format!(
                        "server {} ({}) is still there after its deletion was accepted",
                        server.name, server.id
                    )));
                }
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Brings a server to a status by an action, if it does not have it. A conflict is success when the server gets there all the same.
    pub(crate) async fn bring(&self, server: Server, action: &str, status: &str, limit: Instant) -> Result<(), Error> {
        if server.status == status {
            return Ok(());
        }
        let asked = self.service.act(&["servers", &server.id, "action"], &json!({action: null})).await;
        match asked {
            Err(conflict @ Error::Refused { status: 409, .. }) => {
                let now = self.server(&server.id).await?;
                if now.is_some_and(|server| server.status == status) { Ok(()) } else { Err(conflict) }
            }
            Err(error) => Err(error),
            Ok(()) => self.until(status, &server.id, limit).await.map(drop),
        }
    }
}
