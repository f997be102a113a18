//! The databases that tests run on.

use super::skip::skipped;

/// Which database.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres { host: String, port: u16, user: String, database: String },
}

impl Database {
    /// The database in the server's configuration; a file lies in the directory of the test.
    pub(super) fn section(&self, dir: &std::path::Path) -> String {
        match self {
            Self::Sqlite => format!("backend = \"sqlite3\"\n[database.sqlite3]\ndb_file = \"{}/garm.db\"\n", dir.display()),
            Self::Postgres { host, port, user, database } => format!(
                "backend = \"postgresql\"\n[database.postgresql]\nusername = \"{user}\"\npassword = \"unused\"\nhostname = \"{host}\"\nport = {port}\n\
                 database = \"{database}\"\nsslmode = \"prefer\"\nmax_open_conns = 8\n"
            ),
        }
    }
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
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    let database = format!("garm_{}", garm::crypto::random::uuid().simple());
    client.batch_execute(&format!("CREATE DATABASE {database}")).await.expect("databases can be made");
    let tokio_postgres::config::Host::Tcp(host) = &config.get_hosts()[0] else { panic!("the test server is reached by TCP") };
    all.push(Database::Postgres {
        host: host.clone(),
        port: config.get_ports()[0],
        user: config.get_user().expect("a user").to_owned(),
        database,
    });
    all
}
