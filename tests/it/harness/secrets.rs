//! Secrets that must not be seen in a log or in the arguments of a process.

pub(crate) const PAT: &str = "ghp_PlantedPersonalToken0123456789abcd";
pub(crate) const WEBHOOK_SECRET: &str = "Planted7WebhookSecretQx9vLmZ2rTfYbK4";
pub(crate) const PASSWORD: &str = "Planted!Password#Zq81-mossy-Gully";
pub(crate) const JWT_SECRET: &str = "Planted8JwtSecretNobodyShouldEverSee55";
pub(crate) const PASSPHRASE: &str = "Planted6q8ZfT2vXw9LrK4mHs7Gd3Yba";

/// All of them.
pub(super) const PLANTED: [&str; 5] = [PAT, WEBHOOK_SECRET, PASSWORD, JWT_SECRET, PASSPHRASE];

/// The beginning of every token that the server makes.
pub(super) const JWT: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";
