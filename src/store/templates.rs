//! Runner install templates.

use diesel::prelude::*;

use super::conn::on;
use super::schema::templates;
use super::unit::Tx;
use super::{Error, Store, columns};
use crate::model::{ChangeKind, ChangeOp, ForgeKind, OsType, Template, TemplateId};

#[derive(Queryable, Selectable)]
#[diesel(table_name = templates)]
struct Row {
    id: i64,
    name: String,
    description: String,
    os_type: String,
    forge: String,
    owner: Option<String>,
    data: String,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Template {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: TemplateId(row.id),
            name: row.name,
            description: row.description,
            os_type: columns::word("system", &row.os_type, OsType::from_word)?,
            forge: columns::word("forge kind", &row.forge, ForgeKind::from_word)?,
            owner: row.owner,
            data: row.data,
            created_at: columns::time(row.created_at),
            updated_at: columns::time(row.updated_at),
        })
    }
}

/// A template to be stored.
#[derive(Clone, Debug)]
pub struct NewTemplate {
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The operating system it installs on.
    pub os_type: OsType,
    /// The kind of forge it registers with.
    pub forge: ForgeKind,
    /// The template text.
    pub data: String,
}

impl Store {
    /// Makes sure that the templates shipped with the program are stored as shipped.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody's own template has the name of a shipped one.
    pub async fn ensure_system_templates(&self, shipped: Vec<NewTemplate>) -> Result<(), Error> {
        self.write(move |tx| shipped.iter().try_for_each(|template| ensure(tx, template))).await
    }

    /// The template with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_template(&self, id: TemplateId) -> Result<Option<Template>, Error> {
        self.read(move |tx| {
            let row: Option<Row> = on!(&mut tx.conn, |c| templates::table.find(id.0).select(Row::as_select()).first(c).optional())?;
            row.map(Template::try_from).transpose()
        })
        .await
    }

    /// The shipped template for a system and a kind of forge.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_system_template(&self, os_type: OsType, forge: ForgeKind) -> Result<Option<Template>, Error> {
        self.read(move |tx| {
            let query = templates::table
                .filter(templates::owner.is_null())
                .filter(templates::os_type.eq(os_type.as_str()))
                .filter(templates::forge.eq(forge.as_str()))
                .order(templates::id);
            let row: Option<Row> = on!(&mut tx.conn, |c| query.select(Row::as_select()).first(c).optional())?;
            row.map(Template::try_from).transpose()
        })
        .await
    }
}

fn ensure(tx: &mut Tx<'_>, shipped: &NewTemplate) -> Result<(), Error> {
    let query = templates::table.filter(templates::name.eq(&shipped.name));
    let known: Option<Row> = on!(&mut tx.conn, |c| query.select(Row::as_select()).first(c).optional())?;
    let set = (
        templates::description.eq(&shipped.description),
        templates::os_type.eq(shipped.os_type.as_str()),
        templates::forge.eq(shipped.forge.as_str()),
        templates::data.eq(&shipped.data),
        templates::updated_at.eq(tx.now.as_micros()),
    );
    match known {
        Some(known) if known.owner.is_some() => Err(Error::Conflict { what: "template", key: known.name }),
        Some(known) if known.data == shipped.data => Ok(()),
        Some(known) => {
            on!(&mut tx.conn, |c| diesel::update(templates::table.find(known.id)).set(set).execute(c))?;
            tx.changed(ChangeKind::Template, ChangeOp::Update, known.id, None);
            Ok(())
        }
        None => {
            let values = (templates::name.eq(&shipped.name), templates::created_at.eq(tx.now.as_micros()), set);
            let id: i64 =
                on!(&mut tx.conn, |c| diesel::insert_into(templates::table).values(values).returning(templates::id).get_result(c))?;
            tx.changed(ChangeKind::Template, ChangeOp::Create, id, None);
            Ok(())
        }
    }
}
