import { useEffect, useState } from "react";

export type Theme = "light" | "dark";

// Follows the system until the user chooses.
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() =>
    matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
  );
  useEffect(() => {
    document.documentElement.style.colorScheme = theme;
  }, [theme]);
  return [theme, () => setTheme(theme === "light" ? "dark" : "light")];
}
