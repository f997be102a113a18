//! Forge credentials. Their secret part is one sealed JSON object.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::{load_locked, on};
use super::error::users;
use super::kept;
use super::schema::credentials;
use super::unit::Tx;
use super::{Error, Store, columns, endpoints, entity_names, lower, seals};
use crate::model::{
    AppKey, ChangeKind, ChangeOp, Credentials, CredentialsId, CredentialsSecret, EndpointName, ForgeKind, SecretString, expose,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = credentials)]
struct Row {
    id: i64,
    name: String,
    description: String,
    endpoint: String,
    secret: Vec<u8>,
    created_at: i64,
    updated_at: i64,
}

/// The plain text under the seal.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Sealed {
    Pat {
        token: String,
    },
    App {
        app_id: i64,
        installation_id: i64,
        private_key: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        webhook_secret: Option<String>,
    },
}

impl From<Sealed> for CredentialsSecret {
    fn from(sealed: Sealed) -> Self {
        match sealed {
            Sealed::Pat { token } => Self::Pat(SecretString::from(token)),
            Sealed::App { app_id, installation_id, private_key, webhook_secret } => Self::App(AppKey {
                app_id,
                installation_id,
                private_key: SecretString::from(private_key),
                webhook_secret: webhook_secret.map(SecretString::from),
            }),
        }
    }
}

/// Credentials to be added.
#[derive(Clone, Debug)]
pub struct NewCredentials {
    /// Unique name, without regard to case.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The endpoint they are for.
    pub endpoint: EndpointName,
    /// Token or key.
    pub secret: CredentialsSecret,
}

impl Store {
    /// All credentials for forges of one kind or of every kind.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_credentials(&self, kind: Option<ForgeKind>) -> Result<Vec<Credentials>, Error> {
        // The kind of an endpoint never changes: the queries need not see one state.
        self.query(move |tx| {
            let rows: Vec<Row> = on!(&mut tx.conn, |c| credentials::table.order(credentials::id).select(Row::as_select()).load(c))?;
            let mut listed = Vec::new();
            for row in rows {
                let of_kind = match kind {
                    Some(kind) => endpoints::find(tx, &EndpointName(row.endpoint.clone()))?.is_some_and(|endpoint| endpoint.kind == kind),
                    None => true,
                };
                if of_kind {
                    listed.push(open(tx, row));
                }
            }
            Ok(listed)
        })
        .await
    }

    /// The credentials with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_credentials(&self, id: CredentialsId) -> Result<Option<Credentials>, Error> {
        self.query(move |tx| find(tx, id)).await
    }

    /// The credentials of this name, without regard to case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_credentials_by_name(&self, name: &str) -> Result<Option<Credentials>, Error> {
        let name = columns::name(name).to_lowercase();
        self.query(move |tx| {
            let query = credentials::table.filter(lower(credentials::name).eq(name));
            let row: Option<Row> = on!(&mut tx.conn, |c| query.select(Row::as_select()).first(c).optional())?;
            Ok(row.map(|row| open(tx, row)))
        })
        .await
    }

    /// Adds credentials.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the name is taken, [`Error::NotFound`] when the endpoint does not exist.
    pub async fn create_credentials(&self, new: NewCredentials) -> Result<Credentials, Error> {
        self.write(move |tx| {
            let endpoint =
                endpoints::find(tx, &new.endpoint)?.ok_or_else(|| Error::NotFound { what: "endpoint", key: new.endpoint.to_string() })?;
            let values = (
                credentials::name.eq(&new.name),
                credentials::description.eq(&new.description),
                credentials::endpoint.eq(&endpoint.name.0),
                // The number belongs to the place of the secret, and is known once the row is there.
                credentials::secret.eq(Vec::new()),
                credentials::created_at.eq(tx.now.as_micros()),
                credentials::updated_at.eq(tx.now.as_micros()),
            );
            let id: i64 =
                on!(&mut tx.conn, |c| diesel::insert_into(credentials::table).values(values).returning(credentials::id).get_result(c))
                    .map_err(|fault| Error::from(fault).on_unique("credentials", &new.name))?;
            let sealed = seal(tx, id, &endpoint.name.0, &new.secret);
            on!(&mut tx.conn, |c| kept::update(credentials::table.find(id), sealed.map(|sealed| credentials::secret.eq(sealed)))
                .execute(c))?;
            tx.changed(ChangeKind::Credentials, ChangeOp::Create, id, None);
            get(tx, CredentialsId(id))
        })
        .await
    }

    /// Changes name, description or secret; the endpoint stays.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] when the new name is taken, what `change` refuses.
    pub async fn update_credentials(
        &self,
        id: CredentialsId,
        change: impl FnOnce(&mut Credentials) -> Result<(), Error> + Send + 'static,
    ) -> Result<Credentials, Error> {
        self.write(move |tx| {
            let rows: Vec<Row> = load_locked!(&mut tx.conn, credentials::table.find(id.0), Row)?;
            let row = rows.into_iter().next().ok_or_else(|| missing(id))?;
            let mut value = open(tx, row);
            change(&mut value)?;
            let sealed = seal(tx, id.0, &value.endpoint.0, &value.secret);
            let set = (
                credentials::name.eq(&value.name),
                credentials::description.eq(&value.description),
                sealed.map(|sealed| credentials::secret.eq(sealed)),
                credentials::updated_at.eq(tx.now.as_micros()),
            );
            on!(&mut tx.conn, |c| kept::update(credentials::table.find(id.0), set).execute(c))
                .map_err(|fault| Error::from(fault).on_unique("credentials", &value.name))?;
            tx.changed(ChangeKind::Credentials, ChangeOp::Update, id, None);
            get(tx, id)
        })
        .await
    }

    /// Removes credentials no entity uses. Ones that do not exist are removed.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub async fn delete_credentials(&self, id: CredentialsId) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(found) = find(tx, id)? else { return Ok(()) };
            let names = entity_names::names_with_credentials(tx, id)?;
            if !names.is_empty() {
                return Err(Error::InUse { what: "credentials", key: found.name, by: users(("entity", "entities"), &names) });
            }
            on!(&mut tx.conn, |c| diesel::delete(credentials::table.find(id.0)).execute(c))?;
            tx.changed(ChangeKind::Credentials, ChangeOp::Delete, id, None);
            Ok(())
        })
        .await
    }
}

/// The credentials for an endpoint.
pub(super) fn at(tx: &mut Tx<'_>, endpoint: &EndpointName) -> Result<Vec<Credentials>, Error> {
    let here = credentials::table.filter(credentials::endpoint.eq(&endpoint.0)).order(credentials::id);
    let rows: Vec<Row> = on!(&mut tx.conn, |c| here.select(Row::as_select()).load(c))?;
    Ok(rows.into_iter().map(|row| open(tx, row)).collect())
}

pub(super) fn find(tx: &mut Tx<'_>, id: CredentialsId) -> Result<Option<Credentials>, Error> {
    let row: Option<Row> = on!(&mut tx.conn, |c| credentials::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(|row| open(tx, row)))
}

pub(super) fn get(tx: &mut Tx<'_>, id: CredentialsId) -> Result<Credentials, Error> {
    find(tx, id)?.ok_or_else(|| missing(id))
}

fn missing(id: CredentialsId) -> Error {
    Error::NotFound { what: "credentials", key: id.to_string() }
}

/// The sealed secret; `None` for one that could not be opened, which stays as it is until another one is set.
fn seal(tx: &Tx<'_>, id: i64, endpoint: &str, secret: &CredentialsSecret) -> Option<Vec<u8>> {
    let sealed = match secret {
        CredentialsSecret::Pat(token) => Sealed::Pat { token: expose(token).to_owned() },
        CredentialsSecret::App(key) => Sealed::App {
            app_id: key.app_id,
            installation_id: key.installation_id,
            private_key: expose(&key.private_key).to_owned(),
            webhook_secret: key.webhook_secret.as_ref().map(|secret| expose(secret).to_owned()),
        },
        CredentialsSecret::Unopenable => return None,
    };
    Some(tx.seal(&SecretString::from(columns::to_json(&sealed)), &seals::place_of_credentials(id, endpoint)))
}

fn open(tx: &Tx<'_>, row: Row) -> Credentials {
    let opened = tx.open_json::<Sealed>(&row.secret, &seals::place_of_credentials(row.id, &row.endpoint));
    Credentials {
        id: CredentialsId(row.id),
        name: row.name,
        description: row.description,
        endpoint: EndpointName(row.endpoint),
        secret: opened.map_or(CredentialsSecret::Unopenable, CredentialsSecret::from),
        created_at: columns::time(row.created_at),
        updated_at: columns::time(row.updated_at),
    }
}
