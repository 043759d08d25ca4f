import { WebSocket } from "ws";

/** Of one connection at once: libuv reads up to two mebibytes of it before another has its turn. */
const turnBytes = 65_536;

/** Who reads a connection, and whether. */
export interface Reading {
  /** Nothing more is read until it goes on. */
  hold(): void;
  goOn(): void;
}

/**
 * Reads so much of a connection, and then lets all others of this process have their turn: a key of somebody's terminal
 * waits for one piece of another stream's bulk, and not for all of it that has come.
 */
export function readInTurns(socket: WebSocket): Reading {
  let bytes = 0;
  let isHeld = false;
  let isTurnOver = false;
  const settle = (): void => {
    const isToRest = isHeld || isTurnOver;
    if (isToRest && !socket.isPaused && socket.readyState === WebSocket.OPEN) socket.pause();
    else if (!isToRest && socket.isPaused) socket.resume();
  };
  socket.on("message", (data: Buffer) => {
    bytes += data.length;
    if (bytes < turnBytes || isTurnOver) return;
    isTurnOver = true;
    settle();
    setImmediate(() => {
      bytes = 0;
      isTurnOver = false;
      settle();
    });
  });
  return {
    hold: () => {
      isHeld = true;
      settle();
    },
    goOn: () => {
      isHeld = false;
      settle();
    },
  };
}
