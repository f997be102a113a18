//! Accounts.

use diesel::prelude::*;

use super::conn::on;
use super::kept;
use super::schema::users;
use super::unit::Tx;
use super::{Error, Store, columns};
use crate::crypto::random;
use crate::model::{ChangeKind, ChangeOp, SecretString, User, UserId, expose};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
struct Row {
    id: String,
    username: String,
    email: String,
    full_name: String,
    password_hash: String,
    generation: i64,
    is_admin: bool,
    enabled: bool,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for User {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: columns::id("user id", &row.id)?,
            username: row.username,
            email: row.email,
            full_name: row.full_name,
            password_hash: SecretString::from(row.password_hash),
            generation: row.generation,
            is_admin: row.is_admin,
            enabled: row.enabled,
            created_at: columns::time(row.created_at),
            updated_at: columns::time(row.updated_at),
        })
    }
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Login name.
    pub username: String,
    /// Also accepted as login name.
    pub email: String,
    /// Display name.
    pub full_name: String,
    /// PHC string.
    pub password_hash: SecretString,
}

impl Store {
    /// Whether the administrator exists, that is, whether the installation is initialised.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_admin(&self) -> Result<bool, Error> {
        self.query(has_admin).await
    }

    /// The account with this login name or mail address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_user_by_login(&self, login: &str) -> Result<Option<User>, Error> {
        let login = columns::name(login);
        self.query(move |tx| {
            let query = users::table.filter(users::username.eq(&login).or(super::lower(users::email).eq(login.to_lowercase())));
            let row: Option<Row> = on!(&mut tx.conn, |c| query.select(Row::as_select()).first(c).optional())?;
            row.map(User::try_from).transpose()
        })
        .await
    }

    /// The account with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, Error> {
        self.query(move |tx| find(tx, id)).await
    }

    /// All accounts that administer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_admins(&self) -> Result<Vec<User>, Error> {
        self.query(|tx| {
            let query = users::table.filter(users::is_admin).order(users::username);
            let rows: Vec<Row> = on!(&mut tx.conn, |c| query.select(Row::as_select()).load(c))?;
            rows.into_iter().map(User::try_from).collect()
        })
        .await
    }

    /// Lets an account log in and use its tokens, or not.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account is gone.
    pub async fn enable_user(&self, id: UserId, enabled: bool) -> Result<User, Error> {
        self.write(move |tx| {
            let set = (users::enabled.eq(enabled), users::updated_at.eq(tx.now.as_micros()));
            let changed = on!(&mut tx.conn, |c| kept::update(users::table.find(id.to_string()), set).execute(c))?;
            if changed > 0 {
                tx.changed(ChangeKind::User, ChangeOp::Update, id, None);
            }
            find(tx, id)?.ok_or(Error::NotFound { what: "user", key: id.to_string() })
        })
        .await
    }

    /// Makes the administrator; there can be one.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is one already.
    pub async fn create_admin(&self, new: NewUser) -> Result<User, Error> {
        self.write(move |tx| {
            tx.be_alone()?;
            if has_admin(tx)? {
                return Err(Error::Conflict { what: "administrator", key: new.username });
            }
            let row = Row {
                id: random::uuid().to_string(),
                username: new.username,
                email: new.email,
                full_name: new.full_name,
                password_hash: expose(&new.password_hash).to_owned(),
                generation: 0,
                is_admin: true,
                enabled: true,
                created_at: tx.now.as_micros(),
                updated_at: tx.now.as_micros(),
            };
            on!(&mut tx.conn, |c| diesel::insert_into(users::table).values(&row).execute(c))?;
            tx.changed(ChangeKind::User, ChangeOp::Create, &row.id, None);
            row.try_into()
        })
        .await
    }

    /// Sets a password. With `revoke` the tokens of the old one die; without, only the form of the hash is renewed.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account is gone.
    pub async fn update_password(&self, id: UserId, hash: SecretString, revoke: bool) -> Result<User, Error> {
        self.write(move |tx| {
            let set = (
                users::password_hash.eq(expose(&hash)),
                users::generation.eq(users::generation + i64::from(revoke)),
                users::updated_at.eq(tx.now.as_micros()),
            );
            let changed = on!(&mut tx.conn, |c| kept::update(users::table.find(id.to_string()), set).execute(c))?;
            if changed == 0 {
                return Err(Error::NotFound { what: "user", key: id.to_string() });
            }
            tx.changed(ChangeKind::User, ChangeOp::Update, id, None);
            find(tx, id)?.ok_or(Error::NotFound { what: "user", key: id.to_string() })
        })
        .await
    }
}

fn has_admin(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let count: i64 = on!(&mut tx.conn, |c| users::table.filter(users::is_admin).count().get_result(c))?;
    Ok(count > 0)
}

fn find(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, Error> {
    let row: Option<Row> = on!(&mut tx.conn, |c| users::table.find(id.to_string()).select(Row::as_select()).first(c).optional())?;
    row.map(User::try_from).transpose()
}
