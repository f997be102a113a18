//! The sealed columns as a whole: where each value stands, the canary that tells a wrong passphrase, and the sealing anew of older values.
//!
//! How far a change of the passphrase has come stands in the values themselves: each tells its key and its form. So the work can be killed at
//! any time, and goes on with the values that are left.

use diesel::prelude::*;
use secrecy::zeroize::Zeroizing;

use super::conn::on;
use super::kept;
use super::schema::{canary, credentials, entities, old_webhook_secrets, registrations, tools};
use super::unit::Tx;
use super::{Error, Store};
use crate::crypto;

/// How many values one unit of writing looks at: others can write in between.
const STEP: i64 = 100;

/// The table of the canary.
const CANARY_TABLE: &str = "canary";

/// The row of the canary, its place, and its plain text.
const CANARY: (i64, &str, &[u8]) = (1, "canary.sealed 1", b"garm");

/// The place of the secret of credentials. The endpoint belongs to it: a token is for one forge.
pub(super) fn place_of_credentials(id: i64, endpoint: &str) -> String {
    format!("credentials.secret {id} {endpoint}")
}

/// The place of the webhook secret of an entity.
pub(super) fn place_of_webhook_secret(entity: &str) -> String {
    format!("entities.webhook_secret {entity}")
}

/// The place of the webhook secret that an entity had before.
pub(super) fn place_of_old_webhook_secret(entity: &str) -> String {
    format!("old_webhook_secrets.secret {entity}")
}

/// The place of the downloads of an entity.
pub(super) fn place_of_tools(entity: &str) -> String {
    format!("tools.list {entity}")
}

/// The place of the just-in-time configuration of a runner.
pub(super) fn place_of_registration(runner: &str) -> String {
    format!("registrations.jit {runner}")
}

/// Which values are sealed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reseal {
    /// Those of the present passphrase that have the form of an older version.
    OlderForm,
    /// Those of the passphrases that are replaced, too.
    OldPassphrases,
}

/// The state of the sealed values, as far as they were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seals {
    /// How many values were looked at.
    pub looked_at: usize,
    /// How many of them were sealed anew.
    pub resealed: usize,
    /// How many are still sealed with a passphrase that is replaced.
    pub with_old_passphrase: usize,
    /// The values that do not open with any passphrase, by the names of their rows.
    pub unopenable: Vec<String>,
}

#[derive(Clone, Copy)]
enum Column {
    Credentials,
    WebhookSecrets,
    OldWebhookSecrets,
    Tools,
    Registrations,
}

impl Column {
    const fn table(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::WebhookSecrets => "entities",
            Self::OldWebhookSecrets => "old_webhook_secrets",
            Self::Tools => "tools",
            Self::Registrations => "registrations",
        }
    }
}

const COLUMNS: [Column; 5] = [Column::Credentials, Column::WebhookSecrets, Column::OldWebhookSecrets, Column::Tools, Column::Registrations];

/// A sealed value in its row.
struct Value {
    key: String,
    place: String,
    /// The row, as errors name it.
    row: String,
    sealed: Vec<u8>,
}

impl Store {
    /// Opens every sealed value, and seals the older ones anew, a few in each unit of writing. `told` hears how far this has come.
    ///
    /// # Errors
    /// [`Error::PassphraseUnused`] when the passphrases are to be replaced by one that no server has started with; when the database fails.
    pub async fn reseal(&self, which: Reseal, mut told: impl FnMut(&Seals)) -> Result<Seals, Error> {
        if which == Reseal::OldPassphrases && !self.read(|tx| Ok(canary(tx)?.is_some_and(|sealed| tx.sealer.is_current(&sealed)))).await? {
            return Err(Error::PassphraseUnused);
        }
        let mut seals = Seals::default();
        for column in COLUMNS {
            let mut after = String::new();
            loop {
                let (last, step) = self.write(move |tx| reseal_step(tx, column, &after, which)).await?;
                seals.looked_at += step.looked_at;
                seals.resealed += step.resealed;
                seals.with_old_passphrase += step.with_old_passphrase;
                seals.unopenable.extend(step.unopenable);
                told(&seals);
                match last {
                    Some(last) => after = last,
                    None => break,
                }
            }
        }
        Ok(seals)
    }
}

/// Makes sure that the present passphrase, or one that it replaces, is the one that the database was sealed with. From then on the present
/// one is needed to open the database.
pub(super) fn take_over(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.be_alone()?;
    let (row, place, text) = CANARY;
    let canary = canary(tx)?;
    judge(tx, canary.as_deref(), &COLUMNS)?;
    if canary.is_some_and(|sealed| tx.sealer.is_current(&sealed) && tx.sealer.open(&sealed, place).is_ok()) {
        return Ok(());
    }
    let sealed = tx.sealer.seal(text, place);
    on!(&mut tx.conn, |c| diesel::delete(canary::table).execute(c))?;
    on!(&mut tx.conn, |c| diesel::insert_into(canary::table).values((canary::id.eq(row), canary::sealed.eq(&sealed))).execute(c))?;
    Ok(())
}

/// Refuses passphrases that the database was not sealed with.
fn judge(tx: &mut Tx<'_>, canary: Option<&[u8]>, columns: &[Column]) -> Result<(), Error> {
    match canary.map(|sealed| tx.sealer.open(sealed, CANARY.1)) {
        Some(Ok(_)) => Ok(()),
        Some(Err(crypto::Error::UnknownKey)) => Err(Error::Passphrase),
        // A database of an older version, or a row that is damaged: the other values tell.
        Some(Err(_)) | None => check_values(tx, columns),
    }
}

/// Tries the passphrases as a start would, and then each value; changes nothing. An older version has only some of the tables.
///
/// # Errors
/// [`Error::Passphrase`]; when the database fails.
pub(super) fn look(tx: &mut Tx<'_>, tables: &[String]) -> Result<Seals, Error> {
    let has = |name: &str| tables.iter().any(|table| table == name);
    let columns: Vec<Column> = COLUMNS.into_iter().filter(|column| has(column.table())).collect();
    let canary = if has(CANARY_TABLE) { canary(tx)? } else { None };
    judge(tx, canary.as_deref(), &columns)?;
    let mut seals = Seals::default();
    for column in columns {
        let mut after = String::new();
        loop {
            let values = page(tx, column, &after)?;
            seals.looked_at += values.len();
            let Some(last) = values.last() else { break };
            after.clone_from(&last.key);
            for value in values {
                match Fit::of(tx, &value) {
                    // The start forgets them.
                    Fit::Not if matches!(column, Column::Tools) => {}
                    Fit::Not => seals.unopenable.push(value.row),
                    Fit::Old(_) => seals.with_old_passphrase += 1,
                    Fit::OlderForm(_) | Fit::Current => {}
                }
            }
        }
    }
    Ok(seals)
}

/// How a value is sealed.
enum Fit {
    /// As it would be sealed now.
    Current,
    /// With the present passphrase, in the form of an older version.
    OlderForm(Zeroizing<Vec<u8>>),
    /// With a passphrase that is replaced.
    Old(Zeroizing<Vec<u8>>),
    /// No passphrase opens it here.
    Not,
}

impl Fit {
    fn of(tx: &Tx<'_>, value: &Value) -> Self {
        match tx.sealer.open(&value.sealed, &value.place) {
            Err(_) => Self::Not,
            Ok(_) if tx.sealer.is_current(&value.sealed) => Self::Current,
            Ok(plain) if tx.sealer.without_old().open(&value.sealed, &value.place).is_ok() => Self::OlderForm(plain),
            Ok(plain) => Self::Old(plain),
        }
    }
}

/// Refuses passphrases that the database was not sealed with, and changes nothing.
pub(super) fn check(tx: &mut Tx<'_>) -> Result<(), Error> {
    match canary(tx)?.map(|sealed| tx.sealer.open(&sealed, CANARY.1)) {
        Some(Err(crypto::Error::UnknownKey)) => Err(Error::Passphrase),
        _ => Ok(()),
    }
}

fn canary(tx: &mut Tx<'_>) -> Result<Option<Vec<u8>>, Error> {
    Ok(on!(&mut tx.conn, |c| canary::table.select(canary::sealed).first(c).optional())?)
}

/// Refuses passphrases that open none of the values, if one of them says that it was sealed with another.
fn check_values(tx: &mut Tx<'_>, columns: &[Column]) -> Result<(), Error> {
    let mut is_of_another = false;
    for column in columns.iter().copied() {
        let mut after = String::new();
        loop {
            let values = page(tx, column, &after)?;
            for value in &values {
                match tx.sealer.open(&value.sealed, &value.place) {
                    Ok(_) => return Ok(()),
                    Err(fault) => is_of_another |= fault == crypto::Error::UnknownKey,
                }
            }
            match values.into_iter().next_back() {
                Some(last) => after = last.key,
                None => break,
            }
        }
    }
    if is_of_another { Err(Error::Passphrase) } else { Ok(()) }
}

/// Looks at the next values of a column. Answers the key of the last one; `None` when there was none.
fn reseal_step(tx: &mut Tx<'_>, column: Column, after: &str, which: Reseal) -> Result<(Option<String>, Seals), Error> {
    let values = page(tx, column, after)?;
    let last = values.last().map(|value| value.key.clone());
    let mut seals = Seals { looked_at: values.len(), ..Seals::default() };
    for value in values {
        let plain = match Fit::of(tx, &value) {
            Fit::Not if matches!(column, Column::Tools) => {
                forget_tools(tx, &value.key, &value.sealed)?;
                continue;
            }
            Fit::Not => {
                seals.unopenable.push(value.row);
                continue;
            }
            Fit::Current => continue,
            Fit::Old(_) if which == Reseal::OlderForm => {
                seals.with_old_passphrase += 1;
                continue;
            }
            Fit::OlderForm(plain) | Fit::Old(plain) => plain,
        };
        replace(tx, column, &value, &tx.sealer.seal(&plain, &value.place))?;
        seals.resealed += 1;
    }
    Ok((last, seals))
}

/// The values of a column after a key, in the order of their keys.
fn page(tx: &mut Tx<'_>, column: Column, after: &str) -> Result<Vec<Value>, Error> {
    Ok(match column {
        Column::Credentials => {
            // Before the first page there is no number.
            let after = after.parse().unwrap_or(i64::MIN);
            let query = credentials::table.filter(credentials::id.gt(after)).order(credentials::id).limit(STEP);
            let columns = (credentials::id, credentials::name, credentials::endpoint, credentials::secret);
            let rows: Vec<(i64, String, String, Vec<u8>)> = on!(&mut tx.conn, |c| query.select(columns).load(c))?;
            let value = |(id, name, endpoint, sealed): (i64, String, String, Vec<u8>)| Value {
                key: id.to_string(),
                place: place_of_credentials(id, &endpoint),
                row: format!("the secret of credentials {name}"),
                sealed,
            };
            rows.into_iter().map(value).collect()
        }
        Column::WebhookSecrets => {
            let query = entities::table.filter(entities::id.gt(after)).order(entities::id).limit(STEP);
            let columns = (entities::id, entities::kind, entities::owner, entities::name, entities::webhook_secret);
            let rows: Vec<(String, String, String, String, Vec<u8>)> = on!(&mut tx.conn, |c| query.select(columns).load(c))?;
            let value = |(key, kind, owner, name, sealed): (String, String, String, String, Vec<u8>)| {
                let path = if owner.is_empty() { name } else { format!("{owner}/{name}") };
                Value { place: place_of_webhook_secret(&key), row: format!("the webhook secret of {kind} {path}"), key, sealed }
            };
            rows.into_iter().map(value).collect()
        }
        Column::OldWebhookSecrets => {
            let query = old_webhook_secrets::table.filter(old_webhook_secrets::entity_id.gt(after)).order(old_webhook_secrets::entity_id);
            let columns = (old_webhook_secrets::entity_id, old_webhook_secrets::secret);
            let rows: Vec<(String, Vec<u8>)> = on!(&mut tx.conn, |c| query.limit(STEP).select(columns).load(c))?;
            let value = |(key, sealed): (String, Vec<u8>)| Value {
                place: place_of_old_webhook_secret(&key),
                row: format!("the webhook secret that entity {key} had before"),
                key,
                sealed,
            };
            rows.into_iter().map(value).collect()
        }
        Column::Tools => {
            let query = tools::table.filter(tools::entity_id.gt(after)).order(tools::entity_id).limit(STEP);
            let rows: Vec<(String, Vec<u8>)> = on!(&mut tx.conn, |c| query.select((tools::entity_id, tools::list)).load(c))?;
            let value = |(key, sealed): (String, Vec<u8>)| Value {
                place: place_of_tools(&key),
                row: format!("the downloads of entity {key}"),
                key,
                sealed,
            };
            rows.into_iter().map(value).collect()
        }
        Column::Registrations => {
            let query = registrations::table.filter(registrations::runner_id.gt(after)).order(registrations::runner_id).limit(STEP);
            let rows: Vec<(String, Vec<u8>)> = on!(&mut tx.conn, |c| query.select((registrations::runner_id, registrations::jit)).load(c))?;
            let value = |(key, sealed): (String, Vec<u8>)| Value {
                place: place_of_registration(&key),
                row: format!("the registration of runner {key}"),
                key,
                sealed,
            };
            rows.into_iter().map(value).collect()
        }
    })
}

/// Writes a value that was sealed anew, unless another writer has changed the row meanwhile.
fn replace(tx: &mut Tx<'_>, column: Column, before: &Value, sealed: &[u8]) -> Result<(), Error> {
    let (key, was) = (before.key.as_str(), &before.sealed);
    match column {
        Column::Credentials => {
            let id = key.parse::<i64>().expect("it was made of a number");
            let row = credentials::table.filter(credentials::id.eq(id)).filter(credentials::secret.eq(was));
            on!(&mut tx.conn, |c| kept::update(row, credentials::secret.eq(sealed)).execute(c))?;
        }
        Column::WebhookSecrets => {
            let row = entities::table.filter(entities::id.eq(key)).filter(entities::webhook_secret.eq(was));
            on!(&mut tx.conn, |c| kept::update(row, entities::webhook_secret.eq(sealed)).execute(c))?;
        }
        Column::OldWebhookSecrets => {
            let row = old_webhook_secrets::table.filter(old_webhook_secrets::entity_id.eq(key)).filter(old_webhook_secrets::secret.eq(was));
            on!(&mut tx.conn, |c| kept::update(row, old_webhook_secrets::secret.eq(sealed)).execute(c))?;
        }
        Column::Tools => {
            let row = tools::table.filter(tools::entity_id.eq(key)).filter(tools::list.eq(was));
            on!(&mut tx.conn, |c| kept::update(row, tools::list.eq(sealed)).execute(c))?;
        }
        Column::Registrations => {
            let row = registrations::table.filter(registrations::runner_id.eq(key)).filter(registrations::jit.eq(was));
            on!(&mut tx.conn, |c| kept::update(row, registrations::jit.eq(sealed)).execute(c))?;
        }
    }
    Ok(())
}

/// Forgets downloads that do not open: the forge offers them again.
pub(super) fn forget_tools(tx: &mut Tx<'_>, entity: &str, sealed: &[u8]) -> Result<(), Error> {
    let row = tools::table.filter(tools::entity_id.eq(entity)).filter(tools::list.eq(sealed));
    on!(&mut tx.conn, |c| diesel::delete(row).execute(c))?;
    Ok(())
}
