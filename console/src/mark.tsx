/** Two ticks: signed, and countersigned. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <rect width="24" height="24" rx="6" />
      <path d="m5 12.5 3 3 6-7M11.5 15.5l6-7" />
    </svg>
  )
}
