(class_declaration "class" name: (_) @name) @class
(class_declaration "struct" name: (_) @name) @struct
(class_declaration "enum" name: (_) @name) @enum
(class_declaration "extension" name: (_) @name) @extension
(class_declaration name: (_) @name) @class
(protocol_declaration name: (_) @name) @interface
(function_declaration name: (simple_identifier) @name) @function
(protocol_function_declaration name: (simple_identifier) @name) @prototype
(init_declaration "init" @name) @method
(deinit_declaration "deinit" @name) @method
(subscript_declaration "subscript" @name) @method
(typealias_declaration name: (type_identifier) @name) @type
(associatedtype_declaration name: (_) @name) @type
(enum_entry name: (simple_identifier) @name) @field
(source_file (property_declaration name: (pattern bound_identifier: (_) @name)) @constant)
(property_declaration name: (pattern bound_identifier: (_) @name)) @field
(protocol_property_declaration name: (pattern bound_identifier: (_) @name)) @field
(multiline_comment) @comment
