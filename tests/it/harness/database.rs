//! The databases that tests run on.

use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _};

use super::installation::Installation;
use super::skip::skipped;

/// Which database.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres { host: String, port: u16, user: String, database: String, goes: Arc<Goes> },
}

/// Removes a database of the PostgreSQL server for tests with its last use.
#[derive(Debug)]
pub(crate) struct Goes {
    server: tokio_postgres::Config,
    database: String,
}

impl Drop for Goes {
    fn drop(&mut self) {
        let (server, drop) = (self.server.clone(), format!("DROP DATABASE {} WITH (FORCE)", self.database));
        // The runtime of the test may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { connect(&server).await.batch_execute(&drop).await })
        });
        let dropped = dropped.join().expect("no panic");
        assert!(dropped.is_ok() || std::thread::panicking(), "the database of a test goes with the test: {dropped:?}");
    }
}

async fn connect(server: &tokio_postgres::Config) -> tokio_postgres::Client {
    let (client, connection) = server.connect(tokio_postgres::NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client
}

impl Database {
    /// The database in the server's configuration; a file lies in the directory of the test.
    pub(crate) fn section(&self, dir: &std::path::Path) -> String {
        match self {
            Self::Sqlite => format!("backend = \"sqlite3\"\n[database.sqlite3]\ndb_file = \"{}/garm.db\"\n", dir.display()),
            Self::Postgres { host, port, user, database, .. } => format!(
                "backend = \"postgresql\"\n[database.postgresql]\nusername = \"{user}\"\npassword = \"unused\"\nhostname = \"{host}\"\nport = {port}\n\
                 database = \"{database}\"\nsslmode = \"prefer\"\nmax_open_conns = 8\n"
            ),
        }
    }
}

impl Database {
    /// Runs statements in the database of an installation, as somebody does who may write to it.
    pub(crate) async fn execute(&self, garm: &Installation, sql: &str) {
        match self {
            Self::Sqlite => {
                let mut conn = sqlite(garm);
                conn.batch_execute(sql).expect("executed");
            }
            Self::Postgres { .. } => self.postgres().await.batch_execute(sql).await.expect("executed"),
        }
    }

    /// The bytes of one column.
    pub(crate) async fn bytes(&self, garm: &Installation, select: &str) -> Vec<Vec<u8>> {
        match self {
            Self::Sqlite => diesel::dsl::sql::<diesel::sql_types::Binary>(select).load(&mut sqlite(garm)).expect("selected"),
            Self::Postgres { .. } => {
                let rows = self.postgres().await.query(select, &[]).await.expect("selected");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Flips a bit of a sealed value.
    pub(crate) async fn damage(&self, garm: &Installation, table: &str, column: &str, row: &str) {
        let mut sealed = self.bytes(garm, &format!("SELECT {column} FROM {table} WHERE {row}")).await.swap_remove(0);
        *sealed.last_mut().expect("it is sealed") ^= 1;
        self.execute(garm, &format!("UPDATE {table} SET {column} = {} WHERE {row}", self.literal(&sealed))).await;
    }

    /// Bytes as a value of SQL.
    pub(crate) fn literal(&self, bytes: &[u8]) -> String {
        match self {
            Self::Sqlite => format!("X'{}'", hex::encode(bytes)),
            Self::Postgres { .. } => format!("'\\x{}'::bytea", hex::encode(bytes)),
        }
    }

    /// A connection of its own to a database of PostgreSQL.
    pub(crate) async fn postgres(&self) -> tokio_postgres::Client {
        let Self::Postgres { database, goes, .. } = self else { panic!("it is not PostgreSQL") };
        connect(goes.server.clone().dbname(database)).await
    }
}

fn sqlite(garm: &Installation) -> SqliteConnection {
    let path = garm.directory().join("garm.db");
    let mut conn = SqliteConnection::establish(path.to_str().expect("text")).expect("opens");
    conn.batch_execute("PRAGMA busy_timeout = 10000").expect("set");
    conn
}

/// SQLite, and PostgreSQL where there is a server for tests.
pub(crate) async fn databases() -> Vec<Database> {
    let mut all = vec![Database::Sqlite];
    #[expect(clippy::disallowed_methods, reason = "where the test server is comes from the environment")]
    let url = std::env::var("GARM_TEST_POSTGRES").ok();
    let Some(url) = url else {
        skipped("on PostgreSQL: GARM_TEST_POSTGRES is not set");
        return all;
    };
    let config: tokio_postgres::Config = url.parse().expect("GARM_TEST_POSTGRES is a PostgreSQL URL");
    let database = format!("garm_{}", garm::crypto::random::uuid().simple());
    connect(&config).await.batch_execute(&format!("CREATE DATABASE {database}")).await.expect("databases can be made");
    let tokio_postgres::config::Host::Tcp(host) = &config.get_hosts()[0] else { panic!("the test server is reached by TCP") };
    all.push(Database::Postgres {
        host: host.clone(),
        port: config.get_ports()[0],
        user: config.get_user().expect("a user").to_owned(),
        goes: Arc::new(Goes { server: config.clone(), database: database.clone() }),
        database,
    });
    all
}
