//! Databases on the PostgreSQL server for tests.

use tokio_postgres::Client;

use super::*;

/// A database of its own, which goes when the test ends.
pub(crate) struct TestDatabase {
    server: tokio_postgres::Config,
    name: String,
}

impl TestDatabase {
    /// Makes one, if `GARM_TEST_POSTGRES` names a server.
    pub(crate) async fn create() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "where the test server is comes from the environment")]
        let url = std::env::var("GARM_TEST_POSTGRES").ok()?;
        let server: tokio_postgres::Config = url.parse().expect("GARM_TEST_POSTGRES is a PostgreSQL URL");
        let name = format!("garm_{}", random::uuid().simple());
        connect(&server).await.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("databases can be made");
        Some(Self { server, name })
    }

    /// The names of its tables.
    pub(crate) async fn tables(&self) -> Vec<String> {
        let client = connect(self.server.clone().dbname(&self.name)).await;
        let rows = client.query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1", &[]).await.expect("read");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Runs statements in it.
    pub(crate) async fn execute(&self, sql: &str) {
        connect(self.server.clone().dbname(&self.name)).await.batch_execute(sql).await.expect("executed");
    }

    /// How to open it.
    pub(crate) fn settings(&self) -> PostgresSettings {
        let tokio_postgres::config::Host::Tcp(host) = &self.server.get_hosts()[0] else { panic!("the test server is reached by TCP") };
        PostgresSettings {
            host: host.clone(),
            port: self.server.get_ports()[0],
            user: self.server.get_user().expect("a user").to_owned(),
            password: None,
            database: self.name.clone(),
            ssl_mode: SslMode::Prefer,
            max_connections: 4,
        }
    }
}

async fn connect(server: &tokio_postgres::Config) -> Client {
    let (client, connection) = server.connect(tokio_postgres::NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, drop) = (self.server.clone(), format!("DROP DATABASE {} WITH (FORCE)", self.name));
        // The runtime of the test may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { connect(&server).await.batch_execute(&drop).await })
        });
        let dropped = dropped.join().expect("no panic");
        assert!(dropped.is_ok() || std::thread::panicking(), "the database of a test goes with the test: {dropped:?}");
    }
}
