//! The settings of the installation.

use diesel::prelude::*;

use super::conn::on;
use super::kept;
use super::schema::{controller, endpoints};
use super::unit::Tx;
use super::{Error, Store, columns};
use crate::crypto::random;
use crate::model::{ChangeKind, ChangeOp, Controller, ControllerId, Endpoint, values};
use crate::time::Timestamp;

/// How long a job may wait for an idle runner that could take it, unless set otherwise; upstream's default.
const DEFAULT_JOB_AGE_BACKOFF_SECONDS: i64 = 30;

#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = controller, treat_none_as_null = true)]
struct Row {
    id: String,
    metadata_url: String,
    callback_url: String,
    webhook_url: String,
    agent_url: String,
    minimum_job_age_backoff: i64,
    ca_cert_bundle: Option<Vec<u8>>,
    agent_releases_url: String,
    sync_agent_tools: bool,
    agent_version: String,
    allow_insecure_agent: bool,
}

impl TryFrom<Row> for Controller {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: columns::id("controller id", &row.id)?,
            metadata_url: values::stored_url(row.metadata_url),
            callback_url: values::stored_url(row.callback_url),
            webhook_url: values::stored_url(row.webhook_url),
            agent_url: row.agent_url,
            minimum_job_age_backoff: columns::seconds("backoff", row.minimum_job_age_backoff)?,
            ca_cert_bundle: row.ca_cert_bundle,
            agent_releases_url: row.agent_releases_url,
            sync_agent_tools: row.sync_agent_tools,
            agent_version: row.agent_version,
            allow_insecure_agent: row.allow_insecure_agent,
        })
    }
}

impl From<&Controller> for Row {
    fn from(value: &Controller) -> Self {
        Self {
            id: value.id.to_string(),
            metadata_url: value.metadata_url.clone(),
            callback_url: value.callback_url.clone(),
            webhook_url: value.webhook_url.clone(),
            agent_url: value.agent_url.clone(),
            minimum_job_age_backoff: columns::to_seconds(value.minimum_job_age_backoff),
            ca_cert_bundle: value.ca_cert_bundle.clone(),
            agent_releases_url: value.agent_releases_url.clone(),
            sync_agent_tools: value.sync_agent_tools,
            agent_version: value.agent_version.clone(),
            allow_insecure_agent: value.allow_insecure_agent,
        }
    }
}

impl Store {
    /// The settings.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn controller(&self) -> Result<Controller, Error> {
        self.query(get).await
    }

    /// When the database was made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn made_at(&self) -> Result<Timestamp, Error> {
        self.query(|tx| {
            let made_at: Option<i64> = on!(&mut tx.conn, |c| controller::table.select(controller::created_at).first(c).optional())?;
            made_at.map(columns::time).ok_or_else(missing)
        })
        .await
    }

    /// Changes the settings.
    ///
    /// # Errors
    /// The refusal of `change`; when the database fails.
    pub async fn update_controller(
        &self,
        change: impl FnOnce(&mut Controller) -> Result<(), Error> + Send + 'static,
    ) -> Result<Controller, Error> {
        self.write(move |tx| {
            let before: Vec<Row> = super::conn::load_locked!(&mut tx.conn, controller::table, Row)?;
            let before = before.into_iter().next().ok_or_else(missing)?;
            let mut value = get(tx)?;
            change(&mut value)?;
            let row = Row::from(&value);
            if row != before {
                on!(&mut tx.conn, |c| kept::update(controller::table, &row).execute(c))?;
                tx.changed(ChangeKind::Controller, ChangeOp::Update, value.id, None);
            }
            Ok(value)
        })
        .await
    }
}

pub(super) fn get(tx: &mut Tx<'_>) -> Result<Controller, Error> {
    let row: Option<Row> = on!(&mut tx.conn, |c| controller::table.select(Row::as_select()).first(c).optional())?;
    row.ok_or_else(missing)?.try_into()
}

fn missing() -> Error {
    Error::NotFound { what: "controller", key: "row".into() }
}

/// Makes the rows everything builds on, unless they are there. Replicas that start at the same time make them once.
pub(super) fn ensure(tx: &mut Tx<'_>, first_endpoints: &[Endpoint]) -> Result<(), Error> {
    tx.be_alone()?;
    let endpoint_count: i64 = on!(&mut tx.conn, |c| endpoints::table.count().get_result(c))?;
    let known: Option<Row> = on!(&mut tx.conn, |c| controller::table.select(Row::as_select()).first(c).optional())?;
    if known.is_none() {
        let id = ControllerId(random::uuid());
        // The key is a constant to the database: of two replicas that both saw no row one fails, and finds the row on its next start.
        let row = Row {
            id: id.to_string(),
            metadata_url: String::new(),
            callback_url: String::new(),
            webhook_url: String::new(),
            agent_url: String::new(),
            minimum_job_age_backoff: DEFAULT_JOB_AGE_BACKOFF_SECONDS,
            ca_cert_bundle: None,
            agent_releases_url: String::new(),
            sync_agent_tools: false,
            agent_version: String::new(),
            allow_insecure_agent: false,
        };
        let row = (&row, controller::created_at.eq(tx.now.as_micros()));
        on!(&mut tx.conn, |c| diesel::insert_into(controller::table).values(row).execute(c))?;
        tx.changed(ChangeKind::Controller, ChangeOp::Create, id, None);
        // Only with the very first start: who removed it does not want it back.
        if endpoint_count == 0 {
            for endpoint in first_endpoints {
                super::endpoints::insert(tx, endpoint)?;
            }
        }
    }
    Ok(())
}
