import type pg from "pg";

export interface CountingPool {
  /** The same connections; what is used through this handle is counted. */
  readonly pool: pg.Pool;
  /** Most connections that this handle held at one moment. */
  inUseMax(): number;
}

/** Counts the connections that one user of a shared pool holds, at each change and not by sampling. */
export function countingPool(shared: pg.Pool): CountingPool {
  let inUse = 0;
  let inUseMax = 0;
  const take = (): void => {
    inUse += 1;
    inUseMax = Math.max(inUseMax, inUse);
  };
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await shared.connect();
    take();
    const release = client.release.bind(client);
    client.release = (error) => {
      inUse -= 1;
      release(error);
    };
    return client;
  };
  const query = async (config: pg.QueryConfig): Promise<pg.QueryResult> => {
    const client = await connect();
    try {
      return await client.query(config);
    } finally {
      client.release();
    }
  };
  const pool = new Proxy(shared, {
    get: (target, name) => (name === "connect" ? connect : name === "query" ? query : Reflect.get(target, name)),
  });
  return { pool, inUseMax: () => inUseMax };
}
