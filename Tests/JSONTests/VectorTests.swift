// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing

struct VectorTests {
    /// `y_` files that hold a member twice, or NUL in a name: valid JSON that two readers read differently.
    static let ambiguous: Set = [
        "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json", "y_object_escaped_null_in_key.json",
    ]

    @Test func `the files of JSONTestSuite are read or refused as their names say`() throws {
        guard let folder = vectors("jsontestsuite/test_parsing") else { return }
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 318)
        for file in files {
            let name = file.lastPathComponent
            // Where the suite leaves the choice: numbers are text to us; everything else is refused.
            let isRead = name.hasPrefix("y_") && !Self.ambiguous.contains(name) || name.hasPrefix("i_number_")
            let bytes = [UInt8](try Data(contentsOf: file))
            #expect((refusal(bytes) == nil) == isRead, "\(name)")
            guard isRead, let read = try? JSONDocument(bytes) else { continue }
            #expect(faultOfMinified(read) == nil, "\(name)")
        }
    }
}
