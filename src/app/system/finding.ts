import type { DoctorFinding } from "../../contracts/api/system.ts";

export function finding(
  check: string,
  severity: DoctorFinding["severity"],
  message: string,
  next: string | null = null,
): DoctorFinding {
  return { check, severity, message, next };
}
