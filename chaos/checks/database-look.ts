import pg from "pg";

const limitMs = 4_000;

/** Chaos' own connection, past every proxy. It is made anew when it is lost. */
export class DatabaseLook {
  readonly #url: string;
  #client: pg.Client | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  async rows<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = await this.#connected();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } catch (error) {
      if (this.#client === client) this.#client = null;
      void client.end().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client?.end().catch(() => undefined);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client;
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: limitMs,
      query_timeout: limitMs,
      application_name: "chaos",
    });
    client.on("error", () => {
      if (this.#client === client) this.#client = null;
    });
    try {
      await client.connect();
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    return client;
  }
}
