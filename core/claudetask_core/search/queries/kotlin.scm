(function_declaration (simple_identifier) @name) @function
(class_declaration "interface" (type_identifier) @name) @interface
(class_declaration "enum" (type_identifier) @name) @enum
(class_declaration (type_identifier) @name) @class
(object_declaration (type_identifier) @name) @class
(type_alias (type_identifier) @name) @type
(enum_entry (simple_identifier) @name) @field
(property_declaration (variable_declaration (simple_identifier) @name)) @field
(multiline_comment) @comment
