import { embeddedPort } from "./socket-folder.ts";

/**
 * Settings of the embedded server, sized for a small machine. They are given on the command line at every start, so
 * that a new release of Prewarm can change them without editing a file in the data folder.
 */
export function embeddedSettings(options: {
  readonly socketFolder: string;
  readonly isDurable: boolean;
  readonly extra: Readonly<Record<string, string>>;
}): Readonly<Record<string, string>> {
  return {
    listen_addresses: "",
    port: String(embeddedPort),
    unix_socket_directories: options.socketFolder,
    unix_socket_permissions: "0700",
    max_connections: "100",
    shared_buffers: "128MB",
    // Nothing replicates from it, and the data fits into memory: less on disk, and four processes fewer.
    wal_level: "minimal",
    max_wal_senders: "0",
    max_logical_replication_workers: "0",
    io_method: "sync",
    max_wal_size: "1GB",
    // Our statements are short: starting helpers costs more than they save, and they need a large /dev/shm.
    max_parallel_workers_per_gather: "0",
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
    log_line_prefix: "",
    log_checkpoints: "off",
    // A failing statement is reported to the client, which logs it once; here it would be logged with its text.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    fsync: options.isDurable ? "on" : "off",
    full_page_writes: options.isDurable ? "on" : "off",
    synchronous_commit: options.isDurable ? "on" : "off",
    ...options.extra,
  };
}
