import { passwordLengthMin } from "../../../contracts/limits.ts";

export interface PasswordStrength {
  /** Between 0 and 1. */
  readonly share: number;
  readonly words: string;
}

const strongFrom = 16;

/** How hard it is to guess, roughly: length before all, then how many different characters. A hint, not a rule. */
export function passwordStrength(password: string): PasswordStrength {
  const different = new Set(password).size;
  const share = Math.min(1, (Math.min(password.length, strongFrom * 2) + different) / (strongFrom * 2));
  if (password.length < passwordLengthMin) return { share: Math.min(share, 0.2), words: "Too short." };
  if (share < 0.6) return { share, words: "Easy to guess: make it longer." };
  return { share, words: share < 0.85 ? "Good." : "Strong." };
}
