package headgate.handover;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Properties;

/** What a gate lets pass: results with {@code after < bound <= until}, in epoch milliseconds. */
final class Bounds {

    /** Everything passes. */
    static final Bounds OPEN = new Bounds(Long.MIN_VALUE, Long.MAX_VALUE);

    final long after;
    final long until;

    Bounds(long after, long until) {
        this.after = after;
        this.until = until;
    }

    /**
     * Reads {@code after=MILLIS} and {@code until=MILLIS}; without one of them that end is open.
     *
     * @throws java.nio.file.NoSuchFileException if there is no file
     * @throws IOException if the file cannot be read or holds anything else
     */
    static Bounds read(Path file) throws IOException {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(Files.readString(file)));
            long after = number(properties.remove("after"), Long.MIN_VALUE);
            long until = number(properties.remove("until"), Long.MAX_VALUE);
            if (properties.isEmpty()) {
                return new Bounds(after, until);
            }
        } catch (IllegalArgumentException malformed) {
            throw new IOException(file + " holds no bounds: " + malformed.getMessage(), malformed);
        }
        throw new IOException(file + " holds no bounds: unknown " + properties.keySet());
    }

    boolean admit(long bound) {
        return after < bound && bound <= until;
    }

    private static long number(Object text, long absent) {
        return text == null ? absent : Long.parseLong(text.toString().trim());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bounds
                && after == ((Bounds) other).after
                && until == ((Bounds) other).until;
    }

    @Override
    public int hashCode() {
        return Objects.hash(after, until);
    }
}
