//! Forge endpoints.

use diesel::prelude::*;

use super::conn::{load_locked, on};
use super::error::users;
use super::kept;
use super::schema::{credentials, endpoints};
use super::unit::Tx;
use super::{Error, Store, columns, entity_names, lower};
use crate::model::{ChangeKind, ChangeOp, Endpoint, EndpointName, ForgeKind, values};

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = endpoints, treat_none_as_null = true)]
pub(super) struct Row {
    name: String,
    description: String,
    kind: String,
    base_url: String,
    api_base_url: String,
    upload_base_url: String,
    ca_cert_bundle: Option<Vec<u8>>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Endpoint {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            kind: columns::word("forge kind", &row.kind, ForgeKind::from_word)?,
            name: EndpointName(row.name),
            description: row.description,
            // Rows of older versions have addresses as they were typed.
            base_url: values::stored_url(row.base_url),
            api_base_url: row.api_base_url,
            upload_base_url: row.upload_base_url,
            ca_cert_bundle: row.ca_cert_bundle,
            created_at: columns::time(row.created_at),
            updated_at: columns::time(row.updated_at),
        })
    }
}

impl From<&Endpoint> for Row {
    fn from(value: &Endpoint) -> Self {
        Self {
            name: value.name.0.clone(),
            description: value.description.clone(),
            kind: value.kind.to_string(),
            base_url: value.base_url.clone(),
            api_base_url: value.api_base_url.clone(),
            upload_base_url: value.upload_base_url.clone(),
            ca_cert_bundle: value.ca_cert_bundle.clone(),
            created_at: value.created_at.as_micros(),
            updated_at: value.updated_at.as_micros(),
        }
    }
}

impl Store {
    /// All endpoints, of one kind or of every kind, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_endpoints(&self, kind: Option<ForgeKind>) -> Result<Vec<Endpoint>, Error> {
        self.query(move |tx| {
            let rows: Vec<Row> = on!(&mut tx.conn, |c| endpoints::table.order(endpoints::name).select(Row::as_select()).load(c))?;
            let all: Vec<Endpoint> = rows.into_iter().map(Endpoint::try_from).collect::<Result<_, _>>()?;
            Ok(all.into_iter().filter(|endpoint| kind.is_none_or(|kind| endpoint.kind == kind)).collect())
        })
        .await
    }

    /// The endpoint of this name, without regard to case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_endpoint(&self, name: &EndpointName) -> Result<Option<Endpoint>, Error> {
        let name = name.clone();
        self.query(move |tx| find(tx, &name)).await
    }

    /// Adds an endpoint; its times are set here.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the name is taken.
    pub async fn create_endpoint(&self, endpoint: Endpoint) -> Result<Endpoint, Error> {
        self.write(move |tx| insert(tx, &endpoint)).await
    }

    /// Changes an endpoint; its name stays.
    ///
    /// # Errors
    /// [`Error::NotFound`]; what `change` refuses.
    pub async fn update_endpoint(
        &self,
        name: &EndpointName,
        change: impl FnOnce(&mut Endpoint) -> Result<(), Error> + Send + 'static,
    ) -> Result<Endpoint, Error> {
        let name = name.clone();
        self.write(move |tx| {
            let query = endpoints::table.filter(lower(endpoints::name).eq(columns::name(&name.0).to_lowercase()));
            let rows: Vec<Row> = load_locked!(&mut tx.conn, query, Row)?;
            let before = rows.into_iter().next().ok_or(Error::NotFound { what: "endpoint", key: name.0 })?;
            let mut endpoint = Endpoint::try_from(before)?;
            let stored = endpoint.clone();
            change(&mut endpoint)?;
            endpoint.name = stored.name.clone();
            if endpoint != stored {
                endpoint.updated_at = tx.now;
                on!(&mut tx.conn, |c| kept::update(endpoints::table.find(&endpoint.name.0), Row::from(&endpoint)).execute(c))?;
                tx.changed(ChangeKind::Endpoint, ChangeOp::Update, &endpoint.name, None);
            }
            Ok(endpoint)
        })
        .await
    }

    /// Removes an endpoint that is not in use. One that does not exist is removed.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub async fn delete_endpoint(&self, name: &EndpointName) -> Result<(), Error> {
        let name = name.clone();
        self.write(move |tx| {
            let Some(endpoint) = find(tx, &name)? else { return Ok(()) };
            let key = &endpoint.name.0;
            let query = credentials::table.filter(credentials::endpoint.eq(key)).order(credentials::id).select(credentials::name);
            let credentials: Vec<String> = on!(&mut tx.conn, |c| query.load(c))?;
            let entities = entity_names::names_at_endpoint(tx, key)?;
            if !credentials.is_empty() || !entities.is_empty() {
                let by = [(("set of credentials", "sets of credentials"), credentials), (("entity", "entities"), entities)]
                    .map(|(kinds, names)| users(kinds, &names))
                    .join(" and ");
                return Err(Error::InUse { what: "endpoint", key: key.clone(), by });
            }
            on!(&mut tx.conn, |c| diesel::delete(endpoints::table.find(key)).execute(c))?;
            tx.changed(ChangeKind::Endpoint, ChangeOp::Delete, key, None);
            Ok(())
        })
        .await
    }
}

pub(super) fn find(tx: &mut Tx<'_>, name: &EndpointName) -> Result<Option<Endpoint>, Error> {
    let query = endpoints::table.filter(lower(endpoints::name).eq(columns::name(&name.0).to_lowercase()));
    let row: Option<Row> = on!(&mut tx.conn, |c| query.select(Row::as_select()).first(c).optional())?;
    row.map(Endpoint::try_from).transpose()
}

pub(super) fn insert(tx: &mut Tx<'_>, endpoint: &Endpoint) -> Result<Endpoint, Error> {
    let endpoint = Endpoint { created_at: tx.now, updated_at: tx.now, ..endpoint.clone() };
    on!(&mut tx.conn, |c| diesel::insert_into(endpoints::table).values(Row::from(&endpoint)).execute(c))
        .map_err(|fault| Error::from(fault).on_unique("endpoint", &endpoint.name.0))?;
    tx.changed(ChangeKind::Endpoint, ChangeOp::Create, &endpoint.name, None);
    Ok(endpoint)
}
