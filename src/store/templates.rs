//! Runner install templates.

use diesel::prelude::*;

use super::conn::on;
use super::error::users;
use super::kept;
use super::schema::{pools, scale_sets, templates};
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

/// Which templates to list; `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct TemplateFilter {
    /// For this system.
    pub os_type: Option<OsType>,
    /// For this kind of forge.
    pub forge: Option<ForgeKind>,
    /// With this in their name, without regard to case.
    pub part_of_name: Option<String>,
}

/// The changes of a template; `None` = unchanged.
#[derive(Clone, Debug, Default)]
pub struct TemplateChange {
    /// Unique name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The template text.
    pub data: Option<String>,
}

impl Store {
    /// Makes sure that the templates shipped with the program are there, as they are shipped now unless a person edited them.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another template has the name of a shipped one.
    pub async fn ensure_system_templates(&self, shipped: Vec<NewTemplate>) -> Result<(), Error> {
        self.write(move |tx| shipped.iter().try_for_each(|template| ensure(tx, template, false))).await
    }

    /// Brings shipped templates back to their shipped text.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another template has the name of a shipped one.
    pub async fn restore_system_templates(&self, shipped: Vec<NewTemplate>) -> Result<(), Error> {
        self.write(move |tx| shipped.iter().try_for_each(|template| ensure(tx, template, true))).await
    }

    /// The templates, in the order they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_templates(&self, filter: TemplateFilter) -> Result<Vec<Template>, Error> {
        self.read(move |tx| {
            let rows: Vec<Row> = on!(&mut tx.conn, |c| templates::table.order(templates::id).select(Row::as_select()).load(c))?;
            let mut all: Vec<Template> = rows.into_iter().map(Template::try_from).collect::<Result<_, _>>()?;
            let part = filter.part_of_name.map(|part| part.to_lowercase()).unwrap_or_default();
            all.retain(|template| {
                filter.os_type.is_none_or(|os| os == template.os_type)
                    && filter.forge.is_none_or(|forge| forge == template.forge)
                    && template.name.to_lowercase().contains(&part)
            });
            Ok(all)
        })
        .await
    }

    /// Stores a template of a user.
    ///
    /// # Errors
    /// [`Error::Conflict`].
    pub async fn create_template(&self, new: NewTemplate, owner: String) -> Result<Template, Error> {
        self.write(move |tx| {
            check_name(tx, &new.name, None)?;
            let values = (
                templates::name.eq(&new.name),
                templates::description.eq(&new.description),
                templates::os_type.eq(new.os_type.as_str()),
                templates::forge.eq(new.forge.as_str()),
                templates::owner.eq(Some(&owner)),
                templates::data.eq(&new.data),
                templates::created_at.eq(tx.now.as_micros()),
                templates::updated_at.eq(tx.now.as_micros()),
            );
            let id: i64 =
                on!(&mut tx.conn, |c| diesel::insert_into(templates::table).values(values).returning(templates::id).get_result(c))?;
            tx.changed(ChangeKind::Template, ChangeOp::Create, id, None);
            existing(tx, TemplateId(id))
        })
        .await
    }

    /// Changes a template. One that was shipped stays as it is from then on, until it is restored.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`].
    pub async fn update_template(&self, id: TemplateId, change: TemplateChange) -> Result<Template, Error> {
        self.write(move |tx| {
            let before = existing(tx, id)?;
            let name = change.name.unwrap_or_else(|| before.name.clone());
            check_name(tx, &name, Some(id))?;
            let set = (
                templates::name.eq(name),
                templates::description.eq(change.description.unwrap_or(before.description)),
                templates::data.eq(change.data.unwrap_or(before.data)),
                templates::edited.eq(true),
                templates::updated_at.eq(tx.now.as_micros()),
            );
            on!(&mut tx.conn, |c| kept::update(templates::table.find(id.0), set).execute(c))?;
            tx.changed(ChangeKind::Template, ChangeOp::Update, id.0, None);
            existing(tx, id)
        })
        .await
    }

    /// Removes a template that no pool and no scale set uses. One that does not exist is removed.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub async fn delete_template(&self, id: TemplateId) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(found) = find(tx, id)? else { return Ok(()) };
            let query = pools::table.filter(pools::template_id.eq(id.0)).order(pools::created_at).select(pools::id);
            let pools: Vec<String> = on!(&mut tx.conn, |c| query.load(c))?;
            if !pools.is_empty() {
                return Err(Error::InUse { what: "template", key: found.name, by: users(("pool", "pools"), &pools) });
            }
            let query = scale_sets::table.filter(scale_sets::template_id.eq(id.0)).order(scale_sets::id).select(scale_sets::name);
            let sets: Vec<String> = on!(&mut tx.conn, |c| query.load(c))?;
            if !sets.is_empty() {
                return Err(Error::InUse { what: "template", key: found.name, by: users(("scale set", "scale sets"), &sets) });
            }
            on!(&mut tx.conn, |c| diesel::delete(templates::table.find(id.0)).execute(c))?;
            tx.changed(ChangeKind::Template, ChangeOp::Delete, id.0, None);
            Ok(())
        })
        .await
    }

    /// The template with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_template(&self, id: TemplateId) -> Result<Option<Template>, Error> {
        self.read(move |tx| find(tx, id)).await
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

fn find(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<Template>, Error> {
    let row: Option<Row> = on!(&mut tx.conn, |c| templates::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    row.map(Template::try_from).transpose()
}

fn existing(tx: &mut Tx<'_>, id: TemplateId) -> Result<Template, Error> {
    find(tx, id)?.ok_or_else(|| Error::NotFound { what: "template", key: id.0.to_string() })
}

/// Refuses a name that another template has.
fn check_name(tx: &mut Tx<'_>, name: &str, own: Option<TemplateId>) -> Result<(), Error> {
    let query = templates::table.filter(templates::name.eq(name)).select(templates::id);
    let known: Option<i64> = on!(&mut tx.conn, |c| query.first(c).optional())?;
    match known.filter(|id| own != Some(TemplateId(*id))) {
        Some(_) => Err(Error::Conflict { what: "template", key: name.to_owned() }),
        None => Ok(()),
    }
}

/// Brings a shipped template up to date. There is one for each system and kind of forge; a person may have renamed it.
fn ensure(tx: &mut Tx<'_>, shipped: &NewTemplate, restore: bool) -> Result<(), Error> {
    let query = templates::table
        .filter(templates::owner.is_null())
        .filter(templates::os_type.eq(shipped.os_type.as_str()))
        .filter(templates::forge.eq(shipped.forge.as_str()))
        .select((templates::id, templates::name, templates::data, templates::edited));
    let known: Option<(i64, String, String, bool)> = on!(&mut tx.conn, |c| query.first(c).optional())?;
    let set = (
        templates::name.eq(&shipped.name),
        templates::description.eq(&shipped.description),
        templates::os_type.eq(shipped.os_type.as_str()),
        templates::forge.eq(shipped.forge.as_str()),
        templates::data.eq(&shipped.data),
        templates::edited.eq(false),
        templates::updated_at.eq(tx.now.as_micros()),
    );
    match known {
        Some((_, _, _, true)) if !restore => Ok(()),
        Some((_, name, data, false)) if name == shipped.name && data == shipped.data => Ok(()),
        Some((id, ..)) => {
            check_name(tx, &shipped.name, Some(TemplateId(id)))?;
            on!(&mut tx.conn, |c| kept::update(templates::table.find(id), set).execute(c))?;
            tx.changed(ChangeKind::Template, ChangeOp::Update, id, None);
            Ok(())
        }
        None => {
            check_name(tx, &shipped.name, None)?;
            let values = (templates::created_at.eq(tx.now.as_micros()), set);
            let id: i64 =
                on!(&mut tx.conn, |c| diesel::insert_into(templates::table).values(values).returning(templates::id).get_result(c))?;
            tx.changed(ChangeKind::Template, ChangeOp::Create, id, None);
            Ok(())
        }
    }
}
