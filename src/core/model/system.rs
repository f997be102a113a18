//! The systems that runners run on.

use super::words::words;

words! {
    /// The operating system of a runner.
    #[derive(Default)]
    OsType {
        /// Linux.
        #[default]
        Linux = "linux",
        /// Windows.
        Windows = "windows",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// The processor architecture of a runner.
    #[expect(missing_docs, reason = "the variants are the words of the wire format and mean what they say")]
    #[derive(Default)]
    OsArch {
        #[default]
        Amd64 = "amd64",
        I386 = "i386",
        Arm64 = "arm64",
        Arm = "arm",
    }
}
