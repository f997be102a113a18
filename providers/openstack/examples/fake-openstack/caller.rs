//! The user that sends a request.

/// The user that sends a request. Reading it checks the token, counts the request and lets it fail when a fault says so.
pub(crate) struct Caller {
    /// Name of the user, which is also the name of the project.
    pub(crate) project: &'static str,
    /// Version of Nova's interface, the number behind the dot.
    pub(crate) microversion: u32,
}

impl Caller {
    pub(crate) fn is_admin(&self) -> bool {
        self.project == "admin"
    }
}
